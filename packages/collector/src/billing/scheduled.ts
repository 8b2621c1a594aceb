/**
 * All that is due by the clock, in this order, each contract by itself so that one's error never stops another's:
 *
 *   late reports ─► marks ─► closed periods computed again ─► open periods closed ─► documents pushed
 */

import { settleUpUntil } from "@submeter/shared/contracts/contract-terms";
import { endless } from "@submeter/shared/coverage/intervals";
import { type Instant, secondsPerDay } from "@submeter/shared/time/instant";
import { contractsToLookAt, lookAgainAt } from "../store/close-schedule.ts";
import {
  allMarks,
  type Mark,
  type PeriodKey,
  recordSettledByTime,
  type StoredPeriod,
  unsettledPeriods,
} from "../store/periods.ts";
import { latestVersion, versionFor } from "./agreement.ts";
import type { BillingContext } from "./billing-context.ts";
import { type CloseOutcome, closeNextPeriod } from "./close-period.ts";
import { inSnapshot } from "./in-snapshot.ts";
import { tellSettled } from "./invoice-events.ts";
import { markTouchedPeriods } from "./mark-changes.ts";
import { openPeriod } from "./open-period.ts";
import { pushDocuments } from "./push-documents.ts";
import { readAgreement } from "./read-agreement.ts";
import { recomputePeriod } from "./recompute-period.ts";

export type DueWork = {
  /** Invoices that were booked by closing. */
  readonly closed: number;
  /** Closed periods that got a newer statement. */
  readonly corrected: number;
  /** Documents that reached the end of their way. */
  readonly pushed: number;
  /** Periods past their earliest close that cannot close, and documents to be tried again. */
  readonly waiting: number;
  /** Contracts and documents at which something went wrong; the log says what. */
  readonly failed: number;
};

/**
 * `patient`: as the minute's job does it, obeying back-off and letting a backlog arrive before it is corrected.
 * Otherwise everything that can be done is done now (the operator, the movable clock).
 */
export async function runDueWork(
  context: BillingContext,
  options: { patient: boolean } = { patient: false },
): Promise<DueWork> {
  const work = { closed: 0, corrected: 0, pushed: 0, waiting: 0, failed: 0 };
  const now = context.clock.now();
  await inSnapshot(context.database, (db) => markTouchedPeriods(db, now));
  for (const key of await markedPeriods(context, options.patient)) {
    await guarded(context, work, key.contract, async () => {
      const outcome = await recomputePeriod(context, key);
      if (outcome.kind === "corrected" || outcome.kind === "restated") work.corrected += 1;
      if (outcome.kind === "pending") work.waiting += 1;
    });
  }
  for (const contract of await contractsToLookAt(context.database, now)) {
    await guarded(context, work, contract, () => closeAll(context, contract, work));
  }
  await settleByTime(context, work);
  const pushes = await pushDocuments(context, options);
  work.pushed = pushes.pushed;
  work.waiting += pushes.waiting;
  work.failed += pushes.refused;
  return work;
}

type Tally = { closed: number; waiting: number; failed: number };

async function guarded(
  context: BillingContext,
  work: Tally,
  contract: string,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    work.failed += 1;
    context.logger.error({ err: error, contract }, "billing of a contract failed");
  }
}

/** After a long pause several periods of a contract may be due, one after the other. */
async function closeAll(context: BillingContext, contract: string, work: Tally): Promise<void> {
  const now = context.clock.now();
  for (;;) {
    const outcome = await closeNextPeriod(context, contract, { acceptUnpriced: false });
    if (outcome.kind === "closed") {
      work.closed += 1;
      continue;
    }
    if (outcome.kind === "waiting" && now >= outcome.status.earliest) work.waiting += 1;
    await lookAgainAt(context.database, contract, await nextLook(context, contract, outcome));
    return;
  }
}

async function nextLook(
  context: BillingContext,
  contract: string,
  outcome: Exclude<CloseOutcome, { kind: "closed" }>,
): Promise<Instant> {
  const now = context.clock.now();
  // A report or a decision may come at any time once the period may close.
  if (outcome.kind === "waiting") return Math.max(now, outcome.status.earliest);
  const agreement = await readAgreement(context.database, contract);
  const open = await openPeriod(context.database, agreement);
  if (open !== null) return Math.max(now, open.period.from);
  const { cycle } = latestVersion(agreement).contract;
  const awaitsUsage = cycle.every !== "month" && cycle.anchor === "first_usage";
  return awaitsUsage && !hasEnded(agreement.runsTo, now) ? now : endless;
}

function hasEnded(runsTo: Instant | null, now: Instant): boolean {
  return runsTo !== null && runsTo <= now;
}

/** Marked periods, the earliest of each contract first. While a backlog is still coming, a patient run waits for its end. */
async function markedPeriods(context: BillingContext, patient: boolean): Promise<PeriodKey[]> {
  const marks = await allMarks(context.database);
  const now = context.clock.now();
  const quiet = context.limits.correctionQuietSeconds;
  const groups = Map.groupBy(
    marks,
    (mark) => `${mark.contract_id} ${mark.scope} ${mark.period_from}`,
  );
  return [...groups.values()]
    .filter((group) => !patient || group.every((mark) => isQuiet(mark, now, quiet)))
    .flatMap(([mark]) =>
      mark === undefined
        ? []
        : [{ contract: mark.contract_id, scope: mark.scope, from: mark.period_from }],
    );
}

/** At the latest a day after the first mark: a journal that never falls silent must not put a correction off for ever. */
function isQuiet(mark: Mark, now: Instant, quietSeconds: number): boolean {
  return now - mark.last_marked_at >= quietSeconds || now - mark.marked_at >= secondsPerDay;
}

/** A provisional invoice becomes final when nothing more may be billed for its period. */
async function settleByTime(context: BillingContext, work: Tally): Promise<void> {
  for (const period of await unsettledPeriods(context.database)) {
    await guarded(context, work, period.contract_id, () => settleOne(context, period));
  }
}

async function settleOne(context: BillingContext, period: StoredPeriod): Promise<void> {
  const now = context.clock.now();
  const agreement = await readAgreement(context.database, period.contract_id);
  const { contract } = versionFor(agreement, period.period_from);
  if (now <= settleUpUntil(contract, { to: period.period_to })) return;
  const key = { contract: period.contract_id, scope: period.scope, from: period.period_from };
  await context.database.transaction(async (db) => {
    await recordSettledByTime(db, key, now);
    await tellSettled(db, period, "time", now);
  });
}
