/** What becomes of a report that is held: it counts after all, or never. Its receipt stays what it was. */

import type { Instant } from "@submeter/shared/time/instant";
import { readReport } from "@submeter/shared/wire/read-report";
import { ClashError } from "../fleet/clash.ts";
import type { Actor, FleetContext } from "../fleet/fleet-context.ts";
import { journalUnknown, reportUnknown } from "../fleet/unknown.ts";
import { audit } from "../store/audit.ts";
import type { Queryable } from "../store/database.ts";
import {
  type DecidableReport,
  findDecidable,
  findReleasable,
  writeDecision,
} from "../store/decisions.ts";
import { findJournal, type JournalRow, lockJournals, updateJournals } from "../store/journals.ts";
import { insertMeters } from "../store/meters.ts";
import type { ReportKey } from "../store/reports.ts";
import { findWindows, writeWindows } from "../store/usage.ts";
import { type Content, contentOf } from "./candidate.ts";
import { byName, metersOf } from "./changes.ts";
import { addUsage, windowKey, windowsOf } from "./hourly-usage.ts";

type DecideContext = Pick<FleetContext, "database" | "clock">;

export type Decision = { decision: "accepted" | "refused"; reason: string };

/**
 * Throws `report_unknown`, `report_decided`, `report_not_held` (it counts already), `report_not_acceptable` (a rejected
 * one cannot be read, so nothing of it can be counted; one that closes its journal must be its last).
 */
export async function decideReport(
  context: DecideContext,
  actor: Actor,
  key: ReportKey,
  { decision, reason }: Decision,
): Promise<void> {
  const now = context.clock.now();
  await context.database.transaction(async (transaction) => {
    if ((await findJournal(transaction, key)) === null) {
      throw journalUnknown(key.installation, key.journal);
    }
    const [journal] = await lockJournals(transaction, [key], now);
    const report = await findDecidable(transaction, key);
    if (journal === undefined || report === null) {
      throw reportUnknown(key.installation, key.journal, key.sequence);
    }
    assertDecidable(report, decision);
    const content = decision === "accepted" ? readableContent(report) : null;
    if (content?.final === true && journal.highest > key.sequence) throw finalNotLast();
    const updated =
      content === null
        ? refusedJournal(journal, key, report)
        : acceptedJournal(journal, key, report, content);
    if (content !== null) await count(transaction, key, content, now);
    const { revision } = updated;
    await writeDecision(transaction, key, { decision, by: actor.name, reason, revision, at: now });
    await updateJournals(transaction, [updated]);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: `report.${decision}`,
      subject: `report:${key.installation}/${key.journal}/${key.sequence}`,
      reason,
      before: { outcome: report.outcome, decision: report.decision },
      after: { decision },
    });
  });
}

const releasedAtOnceMax = 1000;

/** Reports of the future whose hour has come count from now on; one that cannot holds up no other. Answers how many. */
export async function releaseDue(
  context: DecideContext,
  onFailure: (key: ReportKey, error: unknown) => void,
): Promise<number> {
  const due = await findReleasable(context.database, context.clock.now(), releasedAtOnceMax);
  let released = 0;
  for (const key of due) {
    try {
      const decision = { decision: "accepted" as const, reason: "its time has come" };
      await decideReport(context, { name: "submeter" }, key, decision);
      released += 1;
    } catch (error) {
      // Another replica or a person was faster.
      if (!(error instanceof ClashError)) onFailure(key, error);
    }
  }
  return released;
}

/** What was refused may be accepted after all: its bytes are kept. What counts cannot be taken out of the sums any more. */
function assertDecidable(report: DecidableReport, decision: Decision["decision"]): void {
  const changesMind = report.decision === "refused" && decision === "accepted";
  if (report.decision !== null && !(changesMind && report.outcome === "quarantined")) {
    throw new ClashError(
      "report_decided",
      `it was ${report.decision} already`,
      "see who decided and why with `submeter reports show`",
    );
  }
  if (report.outcome === "accepted") {
    throw new ClashError(
      "report_not_held",
      "it was accepted when it came and counts since then",
      "correct usage that was reported wrongly by an adjustment of the invoice",
    );
  }
  if (report.outcome === "rejected" && decision === "accepted") {
    throw new ClashError(
      "report_not_acceptable",
      "it breaks the wire, so that nothing of it can be counted",
      "bring the collector or the agent up to date and let the agent offer it again, or reject it so that its hours no longer wait",
    );
  }
}

function bytesElsewhere(): ClashError {
  return new ClashError(
    "report_not_acceptable",
    "it was refused, and its bytes were exported and dropped since",
    "correct the usage in it by `submeter usage adjust`",
  );
}

/** Once refused, it closed nothing, and the journal went on. */
function finalNotLast(): ClashError {
  return new ClashError(
    "report_not_acceptable",
    "it closes its journal, which has reported since",
    "correct the usage in it by `submeter usage adjust`",
  );
}

function readableContent(report: DecidableReport): Content {
  // What waits for a decision keeps its month from being dropped; what was refused does not.
  if (report.body === null) throw bytesElsewhere();
  const read = readReport(report.body);
  if (read.kind !== "report") throw new RangeError("a held report can be read");
  return contentOf(read.report);
}

function acceptedJournal(
  journal: JournalRow,
  key: ReportKey,
  report: DecidableReport,
  content: Content,
): JournalRow {
  const { covered_from: from, covered_to: to } = report;
  const within = key.sequence <= journal.through;
  return {
    ...journal,
    revision: journal.revision + 1,
    first_covered_at: chosen(Math.min, journal.first_covered_at, from),
    covered_through: within
      ? chosen(Math.max, journal.covered_through, to)
      : journal.covered_through,
    ...(content.final && { final_sequence: key.sequence, final_at: to ?? content.sealedAt }),
  };
}

/** A closing report that is refused closes nothing. */
function refusedJournal(journal: JournalRow, key: ReportKey, report: DecidableReport): JournalRow {
  const reopened = report.final && journal.final_sequence === key.sequence;
  return {
    ...journal,
    revision: journal.revision + 1,
    ...(reopened && { final_sequence: null, final_at: null }),
  };
}

async function count(
  transaction: Queryable,
  key: ReportKey,
  content: Content,
  now: Instant,
): Promise<void> {
  await insertMeters(transaction, metersOf(key.installation, content).toSorted(byName), now);
  const stored = await findWindows(transaction, windowsOf(key, content));
  const windows = new Map(stored.map((window) => [windowKey(window, window.window), window]));
  await writeWindows(transaction, addUsage(windows, key, content));
}

function chosen(
  choose: (a: number, b: number) => number,
  a: number | null,
  b: number | null,
): number | null {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
}
