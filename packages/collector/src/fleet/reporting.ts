/** How far an installation has reported: its expected journals, the newest proven hour, and when billing falls back. */

import { expectedSpans } from "@submeter/shared/coverage/expected-journals";
import { union } from "@submeter/shared/coverage/intervals";
import { silenceFullAt } from "@submeter/shared/coverage/silence";
import { hourFloor, type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import type { JournalRow } from "../store/journals.ts";
import { newestAges } from "../store/report-lists.ts";
import { attestedOf } from "../store/shutdowns.ts";
import { unaccountable } from "./availability.ts";

/** An hour counts with at least this many of its seconds covered (billing rules, section 2). */
const countedSecondsMin = 3300;

export type Reporting = {
  expected: readonly JournalRow[];
  /** The end of the newest hour proven for every expected journal; null while one of them has proven none. */
  coveredThrough: Instant | null;
  /** When the silence is longer than may be; null when nothing has been covered or nothing is expected. */
  fallbackAt: Instant | null;
};

/** Those expected at `now`: not closed, replaced or retired before. */
export function expectedNow(journals: readonly JournalRow[], now: Instant): JournalRow[] {
  const spans = expectedSpans(
    journals.map((row) => ({
      journal: row.journal,
      firstReportAt: row.first_recorded_at,
      firstCoveredAt: row.first_covered_at,
      coveredTo: row.covered_through,
      finalAt: row.final_at,
      retiredAt: row.retired_at,
      replaces: row.replaces?.journal ?? null,
    })),
  );
  return journals.filter((row) => (spans.get(row.journal)?.to ?? now + 1) > now);
}

/**
 * How far the host's clock is behind while its reports arrive: its coverage then ends in the past for ever, and that is
 * no silence (billing rules, case 34). The agent says how far it is ahead of the collector; that is believed as far as
 * the collector itself saw its newest report come after it was sealed.
 */
export function lagSeconds(
  journal: { lastRecordedAt: Instant; clockSkewMs: number; newestAgeSeconds: number },
  reportDueSeconds: number,
  now: Instant,
): number {
  const { lastRecordedAt, clockSkewMs, newestAgeSeconds } = journal;
  if (now - lastRecordedAt > reportDueSeconds || clockSkewMs >= 0) return 0;
  return Math.min(Math.floor(-clockSkewMs / 1000), Math.max(0, newestAgeSeconds));
}

/** The end of the last hour that coverage up to `coveredTo` makes counted. */
export function provenHourEnd(coveredTo: Instant): Instant {
  const hour = hourFloor(coveredTo);
  return coveredTo - hour >= countedSecondsMin ? hour + secondsPerHour : hour;
}

/** The silence of the journal that is silent longest, from when its hours end; later where its clock is behind. */
export function silenceStart(
  expected: readonly JournalRow[],
  /** By journal, how long after it was sealed its newest report came. */
  ages: ReadonlyMap<string, number | null>,
  reportDueSeconds: number,
  now: Instant,
): Instant | null {
  let start: Instant | null = null;
  for (const row of expected) {
    if (row.covered_through === null) return null;
    const lag = lagSeconds(
      {
        lastRecordedAt: row.last_recorded_at,
        clockSkewMs: row.clock_skew_ms ?? 0,
        newestAgeSeconds: ages.get(row.journal) ?? 0,
      },
      reportDueSeconds,
      now,
    );
    const silent = Math.min(provenHourEnd(row.covered_through) + lag, now);
    start = start === null ? silent : Math.min(start, silent);
  }
  return start;
}

export async function reportingOf(
  database: Queryable,
  o: {
    installation: string;
    journals: readonly JournalRow[];
    retiredAt: Instant | null;
    reportDueSeconds: number;
    now: Instant;
  },
): Promise<Reporting> {
  const expected = expectedNow(o.journals, o.now);
  const coveredThrough = leastProven(expected);
  const ages = await newestAges(database, [o.installation]);
  const silentFrom = silenceStart(
    expected,
    new Map(ages.map(({ journal, seconds }) => [journal, seconds])),
    o.reportDueSeconds,
    o.now,
  );
  const ended = o.retiredAt !== null && coveredThrough !== null && coveredThrough >= o.retiredAt;
  if (coveredThrough === null || silentFrom === null || ended) {
    return { expected, coveredThrough, fallbackAt: null };
  }
  const lost = await unaccountable(database, o.installation, coveredThrough, o.now);
  const attested = (await attestedOf(database, [o.installation])).get(o.installation) ?? [];
  return {
    expected,
    coveredThrough,
    fallbackAt: silenceFullAt(silentFrom, o.reportDueSeconds, union(lost, attested)),
  };
}

/** The end of the newest hour that all of them have proven; null while one has proven none. */
export function leastProven(expected: readonly JournalRow[]): Instant | null {
  let least: Instant | null = null;
  for (const { covered_through: covered } of expected) {
    if (covered === null) return null;
    const proven = provenHourEnd(covered);
    least = least === null ? proven : Math.min(least, proven);
  }
  return least;
}
