/** The last reading of each counter and gauge that others keep: what comes next counts by its difference. */

import { type Instant, secondsPerDay } from "@submeter/shared/time/instant";
import type { Database } from "./database.ts";

/** `at` is in nanoseconds since 1970, `value` canonical decimal text. */
export type StreamRow = { readonly stream: string; readonly at: string; readonly value: string };

/** A counter says by its own machine's clock when it began. */
const otherClocksSeconds = secondsPerDay;

/** A page of counters stands among them: when it was last read, with all that it holds. */
export function pageStream(page: string): string {
  return `page ${page}`;
}

export function streamsTable(database: Database) {
  const find = database.prepare<[string], StreamRow>(
    `select stream, at, value from streams where stream = ?`,
  );
  const ofSeries = database.prepare<[string, string], StreamRow>(
    // A blank parts the series from the process; "!" is what follows it.
    `select stream, at, value from streams where stream > ? || ' ' and stream < ? || '!'
     order by seen_at desc`,
  );
  const becomes = database.prepare<[string, string]>(
    `update streams set stream = ? where stream = ?`,
  );
  const put = database.prepare<[string, string, string, number]>(
    `insert into streams (stream, at, value, seen_at) values (?, ?, ?, ?)
     on conflict (stream) do update
       set at = excluded.at, value = excluded.value, seen_at = excluded.seen_at`,
  );
  const seenAt = database
    .prepare<[string], number>(`select seen_at from streams where stream = ?`)
    .pluck();
  const count = database.prepare<[], number>(`select count(*) from streams`).pluck();
  const lastBefore = database
    .prepare<[number], number | null>(`select max(seen_at) from streams where seen_at < ?`)
    .pluck();
  const dropBefore = database.prepare<[number]>(`delete from streams where seen_at < ?`);
  const inSightSince = database
    .prepare<[], number | null>(
      `select max(min(made_at), coalesce(
         (select cast(value as integer) from knowledge where name = 'streams_lost_at'), 0), coalesce(
         (select cast(value as integer) from knowledge where name = 'streams_forgotten_at'), 0))
       from journals`,
    )
    .pluck();
  const forgetPages = database.prepare(
    `delete from streams where stream like '${pageStream("%")}'`,
  );
  const setInstant = database.prepare<[string, string]>(
    `insert into knowledge (name, value) values (?, ?)
     on conflict (name) do update set value = max(cast(value as integer), cast(excluded.value as integer))`,
  );
  return {
    /** A counter that began since then, and has no reading here, was never counted; null before the first journal. */
    inSightSince: (): Instant | null => inSightSince.get() ?? null,
    /** Readings could not be read any more: no counter and no page may pass for one that was never counted. */
    lose(at: Instant): void {
      forgetPages.run();
      setInstant.run("streams_lost_at", String(at));
    },
    find: (stream: string): StreamRow | undefined => find.get(stream),
    /** Its processes, the one that was seen last first. */
    ofSeries: (series: string): StreamRow[] => ofSeries.all(series, series),
    becomes(from: string, to: string): void {
      becomes.run(to, from);
    },
    put(row: StreamRow, seenAt: Instant): void {
      put.run(row.stream, row.at, row.value, seenAt);
    },
    seenAt: (stream: string): Instant | undefined => seenAt.get(stream),
    count: (): number => count.get() ?? 0,
    /** Returns how many. What began before the last of them was seen may be one of them from now on. */
    dropBefore(instant: Instant): number {
      const last = lastBefore.get(instant) ?? null;
      if (last === null) return 0;
      setInstant.run("streams_forgotten_at", String(last + otherClocksSeconds));
      return dropBefore.run(instant).changes;
    },
  };
}
