/**
 * The signed bytes of recorded reports, in partitions of the month in which they were recorded.
 *
 * {@link findDocuments} is the one way to read them. A month that was exported and dropped answers null.
 */

import {
  formatInstant,
  type Instant,
  parseInstant,
  secondsPerDay,
} from "@submeter/shared/time/instant";
import { byteaArray } from "./binary-array.ts";
import { packDocument, type SignedDocument, unpackDocument } from "./body-codec.ts";
import type { Queryable } from "./database.ts";
import type { ReportKey } from "./reports.ts";

export type NewBody = ReportKey & SignedDocument & { recordedAt: Instant };

/** The first day of the instant's month, `2026-01-01`: what `recorded_month` in SQL says. */
export function recordedMonth(at: Instant): string {
  return `${formatInstant(at).slice(0, 7)}-01`;
}

/** A rejected report that is examined anew replaces itself: the bytes are the same, the headers those of the new offer. */
export async function insertBodies(
  transaction: Queryable,
  bodies: readonly NewBody[],
): Promise<void> {
  if (bodies.length === 0) return;
  const packed = bodies.map(packDocument);
  await transaction.query(
    `insert into report_bodies (installation_id, journal, sequence, recorded_month, codec, packed)
     select * from unnest($1::text[], $2::uuid[], $3::int[], $4::date[], $5::text[], $6::bytea[])
     on conflict (installation_id, journal, sequence, recorded_month)
     do update set codec = excluded.codec, packed = excluded.packed`,
    [
      bodies.map((body) => body.installation),
      bodies.map((body) => body.journal),
      bodies.map((body) => body.sequence),
      bodies.map((body) => recordedMonth(body.recordedAt)),
      packed.map(({ codec }) => codec),
      byteaArray(packed.map((one) => one.packed)),
    ],
  );
}

/** What was signed, for each key in order; null where it is no longer in the database. */
export async function findDocuments(
  database: Queryable,
  keys: readonly ReportKey[],
): Promise<(ReturnType<typeof unpackDocument> | null)[]> {
  if (keys.length === 0) return [];
  const rows = await database.query<{ place: number; codec: string; packed: Buffer }>(
    `select k.place::int as place, b.codec, b.packed
       from unnest($1::text[], $2::uuid[], $3::int[]) with ordinality
         as k (installation_id, journal, sequence, place)
       join reports r using (installation_id, journal, sequence)
       join report_bodies b using (installation_id, journal, sequence)
      where b.recorded_month = recorded_month(r.recorded_at)`,
    [
      keys.map((key) => key.installation),
      keys.map((key) => key.journal),
      keys.map((key) => key.sequence),
    ],
  );
  const found = new Map(rows.map((row) => [row.place - 1, row]));
  return keys.map((_, index) => {
    const row = found.get(index);
    return row === undefined ? null : unpackDocument(row);
  });
}

export type BodyPartitions = {
  /** Before anything is recorded at `now`; free of cost when that month has been asked for before. */
  ensure(now: Instant): Promise<void>;
  /** What scheduled work does: the next month's partition is there before the month is. */
  ensureAhead(now: Instant): Promise<void>;
};

/** A group that waits for its turn over midnight is still recorded. */
const marginSeconds = secondsPerDay;
/** From the first day of a month always into the next one. */
const monthSecondsMax = 32 * secondsPerDay;

export function bodyPartitions(database: Queryable): BodyPartitions {
  const made = new Set<string>();
  const ensureMonths = async (instants: readonly Instant[]): Promise<void> => {
    for (const month of new Set(instants.map(recordedMonth))) {
      if (made.has(month)) continue;
      await database.query("select ensure_report_bodies($1)", [month]);
      made.add(month);
    }
  };
  return {
    ensure: (now) => ensureMonths([now, now + marginSeconds]),
    ensureAhead: (now) => {
      const first = parseInstant(`${recordedMonth(now)}T00:00:00Z`);
      return ensureMonths([now, first + monthSecondsMax]);
    },
  };
}
