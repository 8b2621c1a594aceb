/** Tables without lines: columns by space, heads in capitals, numbers to the right. */

import Table from "cli-table3";

import type { Page } from "./page.ts";

export type Column = {
  readonly head: string;
  readonly align?: "right";
  /** May be shortened with … when the terminal is narrow; what a person copies must not be. */
  readonly shrinks?: true;
  /** Left out where the page is too narrow, the greatest first; `--json` has it all the same. */
  readonly drops?: number;
};

const gapColumns = 2;
const shrunkColumnsMin = 8;
const linePlaces =
  "top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle";
const noLines = Object.fromEntries(linePlaces.split(" ").map((place) => [place, ""]));

/** Rows of cells (colour allowed) under their columns; columns that are empty in every row are left out. */
export function table(
  page: Page,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const kept = columnsThatFit(page.width, columns, rows);
  const shown = kept.map((at) => columns[at] as Column);
  const cells = rows.map((row) => kept.map((at) => cell(row, at)));
  const drawn = new Table({
    head: shown.map((column) => page.paint.faint(column.head.toUpperCase())),
    chars: noLines,
    style: { head: [], border: [], "padding-left": 0, "padding-right": gapColumns },
    colAligns: shown.map((column) => column.align ?? "left"),
    colWidths: widths(page.width, shown, cells),
  });
  drawn.push(...cells);
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Which columns are drawn: those with content, without the droppable ones that do not fit. */
function columnsThatFit(
  pageWidth: number,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): number[] {
  let kept = columns.flatMap((_, at) => (rows.some((row) => cell(row, at) !== "") ? [at] : []));
  const rank = (at: number) => columns[at]?.drops ?? 0;
  const width = () => {
    const natural = kept.map((at) => naturalWidth(columns[at] as Column, rows, at) + gapColumns);
    return natural.reduce((sum, one) => sum + one, -gapColumns);
  };
  while (width() > pageWidth) {
    const first = Math.max(0, ...kept.map(rank));
    if (first === 0) break;
    kept = kept.filter((at) => rank(at) !== first);
  }
  return kept;
}

function naturalWidth(column: Column, rows: readonly (readonly string[])[], at: number): number {
  return Math.max(visibleLength(column.head), ...rows.map((row) => visibleLength(cell(row, at))));
}

function cell(row: readonly string[], at: number): string {
  return row[at] ?? "";
}

/** Natural widths; where they exceed the page, the widest shrinking column gives way first. */
function widths(
  pageWidth: number,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): number[] {
  const natural = columns.map((column, at) => naturalWidth(column, rows, at));
  const room = pageWidth - gapColumns * (columns.length - 1);
  let excess = natural.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = natural.reduce(
      (best, width, at) =>
        columns[at]?.shrinks && width > shrunkColumnsMin && width > (natural[best] ?? 0)
          ? at
          : best,
      -1,
    );
    if (widest === -1) break;
    natural[widest] = (natural[widest] ?? 0) - 1;
    excess -= 1;
  }
  return natural.map((width) => width + gapColumns);
}

// oxlint-disable-next-line no-control-regex -- the escape character is what colour is made of
const colour = /\u001b\[[0-9;]*m/g;

function visibleLength(text: string): number {
  return Array.from(text.replaceAll(colour, "")).length;
}
