/** `submeter-agent preview`: the document that would be sealed at this instant, byte for byte. */

import type { Report } from "@submeter/shared/wire/report";
import type { Preview, PreviewedReport } from "../intake/control.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { table } from "./table.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, instantText } from "./wording.ts";

/** With `json` the exact bytes, a document a line. */
export async function preview(
  agent: LocalAgent,
  options: { json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { reports } = resultOf<Preview>(await agent.get("/v1/preview"));
  if (options.json) for (const { text } of reports) io.out(`${text}\n`);
  else io.out(previewText(reports, styleOf(io)));
  return 0;
}

function previewText(reports: readonly PreviewedReport[], style: Style): string {
  if (reports.length === 0) return "Nothing was counted since the last report.\n";
  return reports.map((previewed) => reportText(previewed, style)).join("\n");
}

function reportText({ sequence, digest, text }: PreviewedReport, style: Style): string {
  const report = JSON.parse(text) as Report;
  const rows = report.usage.map(({ meter, window, dimensions, quantity }) => {
    const labels = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`);
    return [instantText(window), meter, labels.join(" "), quantity];
  });
  const coverage = report.coverage.map(
    ([from, to]) => `${instantText(from)} to ${instantText(to)}`,
  );
  const facts: [string, string][] = [
    ["Covers", coverage.length === 0 ? "no time" : coverage.join(", ")],
    ["Journal", report.journal],
    ["Digest", `sha-256 ${digest}`],
  ];
  return [
    `${style("bold", `Report ${sequence} of ${report.installation}`)}, as it would be sealed now: ${countText(report.usage.length, "line")}, ${countText(Buffer.byteLength(text), "byte")}`,
    ...facts.map(([name, value]) => `  ${style("dim", name.padEnd(10))}${value}`),
    "",
    ...table(["Hour", "Meter", "Dimensions", "Quantity"], rows, style, { right: 1 }),
    "",
    style("dim", "The exact bytes: submeter-agent preview --json"),
    "",
  ].join("\n");
}
