/** Columns under a head, for people. */

import type { Style } from "./io.ts";

/** The last `right` columns are numbers and stand right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  { right }: { right: number },
): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column >= head.length - right
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [`  ${style("dim", line(head))}`, ...rows.map((row) => `  ${line(row)}`)];
}
