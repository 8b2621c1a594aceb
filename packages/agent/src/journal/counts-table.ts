/** Totals that no report carries yet: written absolute, read back at start. */

import type { Database } from "./database.ts";
import type { Instant } from "@submeter/shared/time/instant";

/** What is counted together: dimensions is the text of `dimensionsKey`. */
export type CountLine = {
  readonly meter: string;
  readonly window: Instant;
  readonly dimensions: string;
};

/** One total as it lies in the file: quantity is canonical decimal text; `line` numbers its labels. */
export type CountRow = CountLine & { readonly line: number; readonly quantity: string };

const rowsAtOnce = 32;

/** Labels are written once, totals with every commit: apart, so that few pages hold all that a commit changes. */
export function countsTable(database: Database) {
  const add = database.prepare<[string, number, string]>(
    `insert into lines (meter, window, dimensions) values (?, ?, ?)`,
  );
  // Many rows a statement: with thousands of dimension sets most of a commit would be the calls for one row each.
  const putSome = (rows: number) =>
    database.prepare<(number | string)[]>(
      `insert or replace into totals (line, quantity) values ${Array(rows).fill("(?, ?)").join(", ")}`,
    );
  const put = { one: putSome(1), many: putSome(rowsAtOnce) };
  const all = database.prepare<[], CountRow>(
    `select line, meter, window, dimensions, quantity from lines join totals using (line)
     order by window, meter, dimensions`,
  );
  const clearLines = database.prepare(`delete from lines`);
  const clearTotals = database.prepare(`delete from totals`);
  return {
    /** Returns the line's number; it has no total yet. */
    add: ({ meter, window, dimensions }: CountLine): number =>
      Number(add.run(meter, window, dimensions).lastInsertRowid),
    /** `totals`: a line's number and its new quantity, by turns. */
    put(totals: readonly (number | string)[]): void {
      let at = 0;
      for (; at + 2 * rowsAtOnce <= totals.length; at += 2 * rowsAtOnce) {
        put.many.run(...totals.slice(at, at + 2 * rowsAtOnce));
      }
      for (; at < totals.length; at += 2) put.one.run(...totals.slice(at, at + 2));
    },
    all: (): CountRow[] => all.all(),
    clear(): void {
      clearTotals.run();
      clearLines.run();
    },
  };
}
