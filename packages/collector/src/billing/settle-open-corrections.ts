/** Brings a contract's open corrections on their way: onto the next invoice, into credit notes, or kept while small. */

import {
  decimalsOf,
  fromMinorUnits,
  minimumCharge,
  toMinorUnits,
} from "@submeter/shared/numbers/currency";
import { formatFixed } from "@submeter/shared/numbers/decimal";
import type { Correction } from "@submeter/shared/rating/correction";
import { isTooLate, settleCorrections } from "@submeter/shared/rating/settle-corrections";
import type { Instant } from "@submeter/shared/time/instant";
import {
  openCorrections,
  saveCorrectionStatus,
  type StoredCorrection,
} from "../store/corrections.ts";
import type { Queryable } from "../store/database.ts";
import { type Agreement, versionFor } from "./agreement.ts";
import { bookSettlementInvoice } from "./book-invoice.ts";
import { bookCredit } from "./book-credit.ts";

export const tooLateReason =
  "later than the contract lets it be settled: shown, neither billed nor credited";

/** Those that belong on the contract's next invoice; what has become too late for one is told so. */
export async function dueOnNextInvoice(
  db: Queryable,
  agreement: Agreement,
  now: Instant,
): Promise<StoredCorrection[]> {
  const { debit, late } = plan(await openCorrections(db, agreement.id), agreement, now);
  await labelLate(db, late);
  return debit;
}

/**
 * Credits what fell and labels what is carried. `ended`: no further invoice comes, so what is owed gets a settlement of
 * its own. Call it in the transaction that changed a correction.
 */
export async function settleOpenCorrections(
  db: Queryable,
  agreement: Agreement,
  given: { ended: boolean; now: Instant },
): Promise<void> {
  const open = await openCorrections(db, agreement.id);
  const { debit, credit, carried, late } = plan(open, agreement, given.now);
  await labelLate(db, late);
  for (const group of credit) {
    if (!(await bookCredit(db, group, given.now))) carried.push(...group);
  }
  await label(db, carried);
  if (given.ended && debit.length > 0) await bookSettlementInvoice(db, debit, given.now);
  else
    await saveCorrectionStatus(
      db,
      debit.map(({ id }) => id),
      "ready",
      null,
    );
}

type Plan = {
  readonly debit: StoredCorrection[];
  readonly credit: StoredCorrection[][];
  readonly carried: StoredCorrection[];
  /** Waited, for company or a person, for longer than they may be settled. */
  readonly late: StoredCorrection[];
};

/** Corrections of one period go together: while one of them awaits a person, all of them wait. */
function plan(open: readonly StoredCorrection[], agreement: Agreement, now: Instant): Plan {
  const groups = Map.groupBy(open, ({ scope, period_from }) => `${scope} ${period_from}`);
  const decided = [...groups.values()].filter((group) =>
    group.every(({ status }) => status !== "awaiting_approval"),
  );
  const isLate = (group: readonly StoredCorrection[]) => groupIsLate(group, agreement, now);
  const free = decided.filter((group) => !isLate(group)).flat();
  const planned: Plan = { debit: [], credit: [], carried: [], late: decided.filter(isLate).flat() };
  for (const scope of ["opening", "period"] as const) {
    const rows = free.filter((row) => row.scope === scope);
    const [first] = rows;
    if (first === undefined) continue;
    const rowOf = new Map(rows.map((row) => [row.document as Correction, row]));
    const back = (some: readonly Correction[]) =>
      some.map((one) => rowOf.get(one)).filter((row) => row !== undefined);
    const settled = settleCorrections([...rowOf.keys()], first.currency);
    planned.debit.push(...back(settled.debit));
    planned.credit.push(...settled.credit.map(back));
    planned.carried.push(...back(settled.carried));
  }
  return planned;
}

function groupIsLate(
  group: readonly StoredCorrection[],
  agreement: Agreement,
  now: Instant,
): boolean {
  const [first] = group;
  if (first === undefined) return false;
  const { contract } = versionFor(agreement, first.period_from);
  const documents = group.map((row) => row.document as Correction);
  return isTooLate(documents, { contract, now });
}

async function labelLate(db: Queryable, late: readonly StoredCorrection[]): Promise<void> {
  const ids = late.map(({ id }) => id);
  await saveCorrectionStatus(db, ids, "not_billed", tooLateReason);
}

async function label(db: Queryable, carried: readonly StoredCorrection[]): Promise<void> {
  const [first] = carried;
  if (first === undefined) return;
  const { currency } = first;
  const least = fromMinorUnits(toMinorUnits(minimumCharge(currency), currency), currency);
  const reason = `under the minimum charge of ${formatFixed(least, decimalsOf(currency))} ${currency}: carried until more comes`;
  await saveCorrectionStatus(
    db,
    carried.map(({ id }) => id),
    "carried",
    reason,
  );
}
