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
  return {
    find: (stream: string): StreamRow | undefined => find.get(stream),
    put(row: StreamRow, seenAt: Instant): void {
      put.run(row.stream, row.at, row.value, seenAt);
    },
    count: (): number => count.get() ?? 0,
    /** Returns how many. */
    dropBefore: (instant: Instant): number => dropBefore.run(instant).changes,
  };
}
