/** `pnpm bench NAME…`: measures what the project promises about speed, as a table or with `--json` as an array. */

import { ratingBenches } from "./bench/rating.ts";

export type Measured = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against, in the same unit; each bench says how many times of it is allowed. */
  readonly limit: number;
  /** value / limit. */
  readonly ratio: number;
};

const suites: Readonly<Record<string, () => readonly Measured[]>> = { rating: ratingBenches };

const given = process.argv.slice(2);
const names = given.filter((name) => !name.startsWith("-"));
const unknown = names.filter((name) => suites[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `there is no bench ${unknown.join(", ")}\n  name one of: ${Object.keys(suites).join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = names.length === 0 ? Object.keys(suites) : names;
const measured = chosen.flatMap((name) => suites[name]?.() ?? []);
process.stdout.write(given.includes("--json") ? `${JSON.stringify(measured)}\n` : table(measured));

function table(rows: readonly Measured[]): string {
  const cells = [
    ["bench", "measured", "limit", "ratio"],
    ...rows.map(({ name, value, unit, limit, ratio }) => [
      name,
      `${value} ${unit}`,
      `${limit} ${unit}`,
      ratio.toFixed(2),
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
