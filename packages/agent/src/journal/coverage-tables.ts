/** When the journal was counting and when its sources were heard, as far as no report says so yet. */

import type { Instant, Interval } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

export type HeardRow = { readonly source: string; readonly from: Instant; readonly to: Instant };

export function coverageTables(database: Database) {
  const extend = database.prepare<[number, number]>(
    `insert into coverage (from_second, to_second) values (?, ?)
     on conflict (from_second) do update set to_second = max(to_second, excluded.to_second)`,
  );
  const covered = database.prepare<[], Interval>(
    `select from_second as "from", to_second as "to" from coverage order by from_second`,
  );
  const clearCovered = database.prepare(`delete from coverage`);
  const hear = database.prepare<[string, number, number]>(
    `insert into heard (source, from_second, to_second) values (?, ?, ?)
     on conflict (source, from_second) do update set to_second = max(to_second, excluded.to_second)`,
  );
  const heard = database.prepare<[], HeardRow>(
    `select source, from_second as "from", to_second as "to" from heard order by source, from_second`,
  );
  const clearHeard = database.prepare(`delete from heard`);
  return {
    extend(interval: Interval): void {
      extend.run(interval.from, interval.to);
    },
    covered: (): Interval[] => covered.all(),
    hear(row: HeardRow): void {
      hear.run(row.source, row.from, row.to);
    },
    heard: (): HeardRow[] => heard.all(),
    clear(): void {
      clearCovered.run();
      clearHeard.run();
    },
  };
}
