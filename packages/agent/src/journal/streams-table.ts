/** The last reading of each counter and gauge that others keep: what comes next counts by its difference. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

/** `at` is in nanoseconds since 1970, `value` canonical decimal text. */
export type StreamRow = { readonly stream: string; readonly at: string; readonly value: string };

export function streamsTable(database: Database) {
  const find = database.prepare<[string], StreamRow>(
    `select stream, at, value from streams where stream = ?`,
  );
  const put = database.prepare<[string, string, string, number]>(
    `insert into streams (stream, at, value, seen_at) values (?, ?, ?, ?)
     on conflict (stream) do update
       set at = excluded.at, value = excluded.value, seen_at = excluded.seen_at`,
  );
  const count = database.prepare<[], number>(`select count(*) from streams`).pluck();
  const dropBefore = database.prepare<[number]>(`delete from streams where seen_at < ?`);
  const inSightSince = database
    .prepare<[], number | null>(
      `select max(min(made_at), coalesce(
         (select cast(value as integer) from knowledge where name = 'streams_lost_at'), 0))
       from journals`,
    )
    .pluck();
  const forgetPages = database.prepare(`delete from knowledge where name like 'scraped %'`);
  const setLost = database.prepare<[string]>(
    `insert into knowledge (name, value) values ('streams_lost_at', ?)
     on conflict (name) do update set value = excluded.value`,
  );
  return {
    /** A counter that began since then, and has no reading here, was never counted; null before the first journal. */
    inSightSince: (): Instant | null => inSightSince.get() ?? null,
    /** Readings could not be read any more: no counter and no page may pass for one that was never counted. */
    lose(at: Instant): void {
      forgetPages.run();
      setLost.run(String(at));
    },
    find: (stream: string): StreamRow | undefined => find.get(stream),
    put(row: StreamRow, seenAt: Instant): void {
      put.run(row.stream, row.at, row.value, seenAt);
    },
    count: (): number => count.get() ?? 0,
    /** Returns how many. */
    dropBefore: (instant: Instant): number => dropBefore.run(instant).changes,
  };
}
