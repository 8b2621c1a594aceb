/** Totals that no report carries yet: written absolute, read back at start. */

import type { Database } from "./database.ts";
import type { Instant } from "@submeter/shared/time/instant";

/** One total as it lies in the file: quantity is canonical decimal text, dimensions the text of `dimensionsKey`. */
export type CountRow = {
  readonly meter: string;
  readonly window: Instant;
  readonly dimensions: string;
  readonly quantity: string;
};

export function countsTable(database: Database) {
  const put = database.prepare<[string, number, string, string]>(
    `insert into counts (meter, window, dimensions, quantity) values (?, ?, ?, ?)
     on conflict (meter, window, dimensions) do update set quantity = excluded.quantity`,
  );
  const all = database.prepare<[], CountRow>(
    `select meter, window, dimensions, quantity from counts order by window, meter, dimensions`,
  );
  const clear = database.prepare(`delete from counts`);
  return {
    put(row: CountRow): void {
      put.run(row.meter, row.window, row.dimensions, row.quantity);
    },
    all: (): CountRow[] => all.all(),
    clear(): void {
      clear.run();
    },
  };
}
