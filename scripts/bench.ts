/** `pnpm bench NAME…`: measures what the project promises about speed, as a table or with `--json` as an array. */

import { agentBenches } from "./bench/agent.ts";
import { collectorBenches } from "./bench/collector.ts";
import { offlineBenches } from "./bench/offline.ts";
import { ratingBenches } from "./bench/rating.ts";

export type Measured = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against, in the same unit, measured in the same run; each bench says how many times of it is allowed. */
  readonly limit: number | null;
  /** value / limit. */
  readonly ratio: number | null;
};

/** Gets the flags of the command line; each suite knows its own. */
type Suite = (flags: readonly string[]) => readonly Measured[] | Promise<readonly Measured[]>;

const suites: Readonly<Record<string, Suite>> = {
  agent: agentBenches,
  collector: collectorBenches,
  offline: offlineBenches,
  rating: ratingBenches,
};

const given = process.argv.slice(2);
const flags = given.filter((name) => name.startsWith("-") && name !== "--json");
const names = given.filter((name) => !name.startsWith("-"));
const unknown = names.filter((name) => suites[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `there is no bench ${unknown.join(", ")}\n  name one of: ${Object.keys(suites).join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = names.length === 0 ? Object.keys(suites) : names;
const measured: Measured[] = [];
for (const name of chosen) measured.push(...((await suites[name]?.(flags)) ?? []));
process.stdout.write(given.includes("--json") ? `${JSON.stringify(measured)}\n` : table(measured));

function table(rows: readonly Measured[]): string {
  const cells = [
    ["bench", "measured", "limit", "ratio"],
    ...rows.map(({ name, value, unit, limit, ratio }) => [
      name,
      `${value} ${unit}`,
      limit === null ? "" : `${limit} ${unit}`,
      ratio === null ? "" : ratio.toFixed(2),
    ]),
  ];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
