/** When a journal is expected: from its first report until it is closed, replaced or retired (billing rules, section 2). */

import type { Instant } from "../time/instant.ts";

export type JournalLife = {
  readonly journal: string;
  /** When its first report was recorded. */
  readonly firstReportAt: Instant;
  /** The first instant it covers; null while it has covered nothing. */
  readonly firstCoveredAt: Instant | null;
  /** The end of what it covers up to `through`. */
  readonly coveredTo: Instant | null;
  /** The end of its closing report (`final: true`). */
  readonly finalAt: Instant | null;
  readonly retiredAt: Instant | null;
  /** The journal that it names in `replaces`. */
  readonly replaces: string | null;
};

export type ExpectedSpan = { readonly from: Instant; readonly to: Instant | null };

/** The span of each journal of one installation, by journal. */
export function expectedSpans(lives: readonly JournalLife[]): Map<string, ExpectedSpan> {
  const spans = new Map<string, ExpectedSpan>();
  for (const life of lives) {
    const ends = [life.finalAt, life.retiredAt, replacedAt(life, lives)].filter(
      (end) => end !== null,
    );
    spans.set(life.journal, {
      from: life.firstCoveredAt ?? life.firstReportAt,
      to: ends.length === 0 ? null : Math.min(...ends),
    });
  }
  return spans;
}

/**
 * The first covered instant of its successor. A journal that covers time after that is not dead but forked:
 * both live, and both are expected until a person retires one.
 */
function replacedAt(life: JournalLife, lives: readonly JournalLife[]): Instant | null {
  let earliest: Instant | null = null;
  for (const { replaces, firstCoveredAt } of lives) {
    if (replaces !== life.journal || firstCoveredAt === null) continue;
    if (life.coveredTo !== null && life.coveredTo > firstCoveredAt) continue;
    if (earliest === null || firstCoveredAt < earliest) earliest = firstCoveredAt;
  }
  return earliest;
}
