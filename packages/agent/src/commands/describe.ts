/** `submeter-agent describe`: the data dictionary of what may leave, for whoever has to allow it. Needs no running agent. */

import type { Dimension, Meter, MeterFile } from "@submeter/shared/metering/meter-file";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { helloMembers, reportMembers } from "./report-members.ts";
import { countText } from "./wording.ts";

export function describeMeters(
  file: MeterFile,
  options: { json: boolean },
  io: CommandIo,
): ExitCode {
  if (options.json) io.out(`${JSON.stringify(dictionaryOf(file))}\n`);
  else io.out(dictionaryText(file, styleOf(io)));
  return 0;
}

function dictionaryOf(file: MeterFile) {
  return {
    leaves: reportMembers,
    asks_with: helloMembers,
    meters: [...file.meters.values()].map(({ name, unit, aggregation, scale, dimensions }) => ({
      name,
      unit,
      aggregation,
      scale,
      dimensions: dimensions.map((dimension) => ({
        name: dimension.name,
        values: dimension.values,
        pattern: dimension.pattern,
        default: dimension.default,
        pseudonymous: dimension.pseudonymous,
        cardinality_max: dimension.cardinalityMax,
      })),
    })),
    sources: file.sources,
  };
}

function dictionaryText(file: MeterFile, style: Style): string {
  const meters = [...file.meters.values()].flatMap((meter) => meterLines(meter, style));
  const sources =
    file.sources.length === 0
      ? []
      : ["", `Each report says when these sources were heard: ${file.sources.join(", ")}.`];
  return `${[
    style(
      "bold",
      `What may leave: hourly totals of ${countText(file.meters.size, "meter")}, and nothing else that was counted`,
    ),
    "",
    ...meters,
    ...sources,
    "",
    style("bold", "A report has these members, and no other"),
    "",
    ...Object.entries(reportMembers).map(
      ([name, text]) => `  ${style("cyan", name.padEnd(18))}${text}`,
    ),
    "",
    `Besides, the agent asks for the vendor's word, with ${helloMembers.join(", ")}. Both go to the vendor's endpoint`,
    "alone, signed with the installation's key. No event, id, address or payload leaves.",
    "",
    style("dim", "The very bytes of the next report: submeter-agent preview --json"),
  ].join("\n")}\n`;
}

const aggregations: Readonly<Record<Meter["aggregation"], string>> = {
  sum: "the hour's sum",
  time_weighted: "what was held, times how long",
  max: "the hour's greatest",
};

function meterLines({ name, unit, aggregation, scale, dimensions }: Meter, style: Style): string[] {
  const decimals = scale === 0 ? "whole numbers" : `up to ${countText(scale, "decimal")}`;
  return [
    `  ${style("cyan", name)} in ${unit}: ${aggregations[aggregation]}, ${decimals}`,
    ...dimensions.map(
      (dimension) => `    by ${style("bold", dimension.name)}: ${valuesText(dimension)}`,
    ),
  ];
}

function valuesText(dimension: Dimension): string {
  const { values, pattern, pseudonymous, cardinalityMax } = dimension;
  const admitted =
    values === null
      ? `texts that fit ${pattern ?? ""}, at most ${cardinalityMax.toLocaleString("en")} an hour`
      : `one of ${values.join(", ")}`;
  const otherwise = dimension.default === null ? "" : `; ${dimension.default} when absent`;
  const what = pseudonymous
    ? "a keyed hash, whose key stays here, in place of the product's value"
    : `${admitted}; anything else as "other"`;
  return `${what}${otherwise}`;
}
