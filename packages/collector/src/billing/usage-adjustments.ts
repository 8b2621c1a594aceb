/**
 * Adjustments of usage: proposed by one person with a reason, approved by another, then read by rating:
 *
 *   adjust ─► proposed ─► approved ─► its periods are marked ─► statement n + 1 ─► correction
 *                    └──► rejected
 */

import { add, decimal, format, isNegative, sum } from "@submeter/shared/numbers/decimal";
import { matches } from "@submeter/shared/contracts/matches";
import type { UsageAdjustment } from "@submeter/shared/rating/statement-inputs";
import {
  formatInstant,
  hourFloor,
  type Instant,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { type Dimensions, dimensionsKey } from "@submeter/shared/wire/dimensions";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { ClashError } from "../fleet/clash.ts";
import { customerUnknown, UnknownError } from "../fleet/unknown.ts";
import { audit } from "../store/audit.ts";
import { contractIds, lockCustomer } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { assignmentsOf, usageOf } from "../store/evidence.ts";
import { markPeriods } from "../store/periods.ts";
import {
  type AdjustmentRow,
  aggregationsOf,
  approvedAdjustments,
  approvers,
  decideAdjustmentRow,
  findAdjustment,
  insertAdjustment,
  nextAdjustmentNumber,
} from "../store/usage-adjustments.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { inSnapshot } from "./in-snapshot.ts";

/** Longer ones are given in parts: what is spread over more hours says of none of them what happened. */
const spanSecondsMax = 400 * secondsPerDay;

export type ProposedAdjustment = {
  customer: string;
  meter: string;
  dimensions: Dimensions;
  from: Instant;
  to: Instant;
  /** Signed decimal. */
  quantity: string;
  reason: string;
};

/** Throws `customer_unknown`, `adjustment_malformed`, `adjustment_meter_unknown`, `adjustment_of_max`, `adjustment_exceeds_usage`. */
export async function proposeAdjustment(
  context: BillingContext,
  actor: Actor,
  given: ProposedAdjustment,
): Promise<AdjustmentRow> {
  const now = context.clock.now();
  const proposed = { ...given, from: hourFloor(given.from), to: hourCeiling(given.to) };
  requireWellFormed(proposed, now);
  return context.database.transaction(async (db) => {
    const { customer, meter, reason, from, to, quantity } = proposed;
    if (!(await lockCustomer(db, customer))) throw customerUnknown(customer);
    await requireAdjustable(db, customer, meter);
    await requireCounted(db, proposed);
    const number = await nextAdjustmentNumber(db, customer);
    const id = `adj_${customer}_${number}`;
    const row = {
      id,
      customer_id: customer,
      number,
      meter,
      dimensions: dimensionsKey(proposed.dimensions),
      from_at: from,
      to_at: to,
      quantity,
      reason,
      created_at: now,
      created_by: actor.name,
    };
    await insertAdjustment(db, row);
    await audit(db, {
      at: now,
      who: actor.name,
      action: "usage_adjustment.proposed",
      subject: `usage-adjustment:${id}`,
      reason,
      after: { ...proposed, from: formatInstant(from), to: formatInstant(to) },
    });
    return found(await findAdjustment(db, id), id);
  });
}

/** Throws `adjustment_unknown`, `adjustment_decided`, `adjustment_own`, `adjustment_exceeds_usage`. */
export async function decideAdjustment(
  context: BillingContext,
  actor: Actor,
  decision: { id: string; verdict: "approve" | "reject"; reason: string },
): Promise<AdjustmentRow> {
  const now = context.clock.now();
  const { id, verdict, reason } = decision;
  return inSnapshot(context.database, async (db) => {
    const row = found(await findAdjustment(db, id, true), id);
    if (row.status !== "proposed") throw decided(row);
    await lockCustomer(db, row.customer_id);
    if (verdict === "approve") await requireApproval(db, actor, row, now);
    const status = verdict === "approve" ? "approved" : "rejected";
    await decideAdjustmentRow(db, id, { status, at: now, by: actor.name, reason });
    await audit(db, {
      at: now,
      who: actor.name,
      action: `usage_adjustment.${status}`,
      subject: `usage-adjustment:${id}`,
      reason,
      before: { status: row.status },
      after: { status, quantity: row.quantity, meter: row.meter },
    });
    if (status === "approved") await markAdjusted(db, row, now);
    return found(await findAdjustment(db, id), id);
  });
}

/** As rating reads them; absent where there are none, so that statements without any keep their bytes. */
export async function adjustmentsForRating(
  db: Queryable,
  customer: string,
  period: { from: Instant; to: Instant },
): Promise<{ adjustments?: readonly UsageAdjustment[] }> {
  const rows = await approvedAdjustments(db, customer, period.from, period.to);
  if (rows.length === 0) return {};
  return {
    adjustments: rows.map((row) => ({
      id: row.id,
      meter: row.meter,
      dimensions: JSON.parse(row.dimensions) as Dimensions,
      from: formatInstant(row.from_at),
      to: formatInstant(row.to_at),
      quantity: row.quantity,
      reason: row.reason,
    })),
  };
}

function requireWellFormed({ from, to, quantity }: ProposedAdjustment, now: Instant): void {
  const { coefficient } = decimal(quantity);
  const fault =
    coefficient === 0n
      ? "its quantity is zero"
      : from >= to
        ? "it ends before it begins"
        : to - from > spanSecondsMax
          ? "it spans more than 400 days"
          : to > hourCeiling(now)
            ? "its hours have not come yet"
            : null;
  if (fault === null) return;
  throw new SubmeterError(
    "adjustment_malformed",
    `the adjustment changes nothing that was counted: ${fault}`,
    "name hours that have passed, up to 400 days of them, and a quantity other than 0",
  );
}

async function requireAdjustable(db: Queryable, customer: string, meter: string): Promise<void> {
  const aggregations = await aggregationsOf(db, customer, meter);
  if (aggregations.length === 0) {
    throw new SubmeterError(
      "adjustment_meter_unknown",
      `no installation of ${customer} has ever declared the meter ${meter}`,
      "see its meters with `submeter usage --customer …`",
    );
  }
  if (!aggregations.includes("max")) return;
  throw new SubmeterError(
    "adjustment_of_max",
    `${meter} keeps the greatest value: it has no quantity that could be added to or taken from`,
    "correct what it comes to with a credit note",
  );
}

/** More than was counted cannot be taken off. What is added needs nothing to be there. */
async function requireCounted(db: Queryable, proposed: ProposedAdjustment): Promise<void> {
  const wanted = decimal(proposed.quantity);
  if (!isNegative(wanted)) return;
  const { customer, from, to, meter, dimensions } = proposed;
  const assigned = await assignmentsOf(db, customer, from, to);
  const installations = [...new Set(assigned.map((row) => row.installation_id))];
  const rows = await usageOf(db, customer, installations, from, to);
  const before = await approvedAdjustments(db, customer, from, to);
  const inside = before.filter((row) => row.from_at >= from && row.to_at <= to);
  const quantities = [...rows, ...inside]
    .filter((row) => row.meter === meter)
    .filter((row) => matches(dimensions, JSON.parse(row.dimensions) as Dimensions))
    .map(({ quantity }) => decimal(quantity));
  const counted = sum(quantities);
  if (!isNegative(add(counted, wanted))) return;
  throw new SubmeterError(
    "adjustment_exceeds_usage",
    `${format(counted)} of ${meter} stand in these hours with these dimensions, and ${proposed.quantity} is more than that`,
    "take off at most what was counted; see it with `submeter usage`",
  );
}

/** Who prepares does not approve, unless nobody else could. */
async function requireApproval(
  db: Queryable,
  actor: Actor,
  row: AdjustmentRow,
  now: Instant,
): Promise<void> {
  const { customer_id: customer, meter, from_at: from, to_at: to, quantity, reason } = row;
  const dimensions = JSON.parse(row.dimensions) as Dimensions;
  await requireCounted(db, { customer, meter, dimensions, from, to, quantity, reason });
  if (row.created_by !== actor.name) return;
  const others = (await approvers(db, now)).filter((name) => name !== actor.name);
  if (others.length === 0) return;
  throw new ClashError(
    "adjustment_own",
    `${row.id} was proposed by ${actor.name}, who cannot approve it too`,
    `ask ${others.slice(0, 3).join(" or ")} to approve it`,
  );
}

async function markAdjusted(db: Queryable, row: AdjustmentRow, now: Instant): Promise<void> {
  for (const contract of await contractIds(db, row.customer_id)) {
    await markPeriods(db, {
      contract,
      scopes: ["period"],
      from: row.from_at,
      to: row.to_at,
      reason: `usage adjusted: ${row.id}`,
      at: now,
    });
  }
}

function found(row: AdjustmentRow | null, id: string): AdjustmentRow {
  if (row !== null) return row;
  throw new UnknownError(
    "adjustment_unknown",
    `there is no usage adjustment ${JSON.stringify(id)}`,
    "list them with `submeter adjustments list`",
  );
}

function decided(row: AdjustmentRow): ClashError {
  return new ClashError(
    "adjustment_decided",
    `${row.id} was ${row.status} by ${row.decided_by ?? "somebody"} already`,
    "what was approved is taken back by another adjustment with the opposite sign",
  );
}

function hourCeiling(instant: Instant): Instant {
  return Math.ceil(instant / secondsPerHour) * secondsPerHour;
}
