/**
 * Moves `through` of each journal over what is recorded without a gap. Coverage counts only up to there, so a report
 * that fills a hole also touches and restates the hours of what lay behind it.
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import type { JournalRow } from "../store/journals.ts";
import { type BehindHole, findAbove, type NewReport, type Span } from "../store/reports.ts";
import { joinHulls } from "./candidate.ts";
import type { Changes } from "./changes.ts";
import { journalKey, type WorkingSet } from "./working-set.ts";

/** Changes the journals of `set` and the hulls in `changes.reports`. */
export async function fillHoles(
  transaction: Queryable,
  set: WorkingSet,
  changes: Changes,
): Promise<void> {
  const byJournal = Map.groupBy(changes.reports, (r) => journalKey(r.installation_id, r.journal));
  for (const [key, recorded] of byJournal) {
    const row = set.journals.get(key);
    if (row === undefined) continue;
    const advance = await advanceOf(transaction, row, recorded);
    set.journals.set(key, { ...row, ...advance.journal });
    const last = recorded.at(-1);
    if (last !== undefined) widen(last, advance);
  }
}

type Advance = {
  journal: Pick<JournalRow, "through" | "covered_through">;
  /** The hull of what was recorded earlier and counts from now on. */
  behind: Span | null;
  /** From where on that restates hours. */
  restatesFrom: Instant | null;
};

const rowsAtOnceMax = 500;

async function advanceOf(
  transaction: Queryable,
  row: JournalRow,
  recorded: readonly NewReport[],
): Promise<Advance> {
  const fresh = new Map(recorded.map((report) => [report.sequence, report]));
  let through = overFresh(row.through, fresh);
  let behind: Span | null = null;
  let restatesFrom: Instant | null = null;
  let covered = row.covered_through;
  while (through > row.through && through < row.highest) {
    const above = await findAbove(transaction, row.installation_id, row.journal, {
      through,
      limit: rowsAtOnceMax,
    });
    const before = through;
    for (const stored of above) {
      if (stored.sequence !== through + 1) break;
      through = overFresh(stored.sequence, fresh);
      behind = joinHulls(behind, hullOfStored(stored));
      restatesFrom = chosen(Math.min, restatesFrom, stored.restates_from);
      if (stored.counts) covered = chosen(Math.max, covered, stored.covered_to);
    }
    if (through === before) break;
  }
  for (const report of recorded) {
    // A rejected report that was found better may lie far below `through`.
    if (report.outcome === "accepted" && report.sequence <= through) {
      covered = chosen(Math.max, covered, report.covered_to);
    }
  }
  return { journal: { through, covered_through: covered }, behind, restatesFrom };
}

function overFresh(through: number, fresh: ReadonlyMap<number, NewReport>): number {
  let reached = through;
  while (fresh.has(reached + 1)) reached += 1;
  return reached;
}

function hullOfStored({ touched_from: from, touched_to: to }: BehindHole): Span | null {
  return from === null || to === null ? null : [from, to];
}

function widen(report: NewReport, { behind, restatesFrom }: Advance): void {
  const { touched_from: from, touched_to: to } = report;
  const own: Span | null = from === null || to === null ? null : [from, to];
  const hull = joinHulls(own, behind);
  report.touched_from = hull?.[0] ?? null;
  report.touched_to = hull?.[1] ?? null;
  report.restates_from = chosen(Math.min, report.restates_from, restatesFrom);
}

function chosen(
  choose: (a: Instant, b: Instant) => Instant,
  a: Instant | null,
  b: Instant | null,
): Instant | null {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
}
