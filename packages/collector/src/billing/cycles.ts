/** A customer's billing cycles: the one that runs and those before it. */

import type { Instant, Interval } from "@submeter/shared/time/instant";
import { contractIds } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { bookedInvoices } from "../store/invoices.ts";
import { closedPeriods } from "../store/periods.ts";
import { type Agreement, periodsOf } from "./agreement.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { UnknownError } from "../fleet/unknown.ts";

export type Cycle = {
  readonly contract: string;
  /** Counted from the contract's first, which is 1. */
  readonly number: number;
  readonly period: Interval;
  readonly current: boolean;
  readonly closed: boolean;
  readonly invoice: string | null;
};

/** `not_started`: the cycle begins with the first usage, and there is none. */
export type CycleState = "running" | "not_started" | "not_begun" | "ended" | "no_contract";

export type Cycles = {
  readonly state: CycleState;
  /** The newest first. */
  readonly cycles: readonly Cycle[];
};

export async function cyclesOf(db: Queryable, customer: string, now: Instant): Promise<Cycles> {
  const agreements: Agreement[] = [];
  for (const id of await contractIds(db, customer)) agreements.push(await readAgreement(db, id));
  const invoices = await bookedInvoices(db, customer);
  const cycles: Cycle[] = [];
  const waiting: CycleState[] = [];
  for (const agreement of agreements) {
    const anchor = await anchorOf(db, agreement);
    const closed = new Set(
      (await closedPeriods(db, agreement.id))
        .filter(({ scope }) => scope === "period")
        .map(({ period_from: from }) => from),
    );
    let number = 0;
    for (const { from, to } of periodsOf(agreement, anchor)) {
      if (from > now) break;
      number += 1;
      cycles.push({
        contract: agreement.id,
        number,
        period: { from, to },
        current: now < to,
        closed: closed.has(from),
        invoice: invoices.get(`${agreement.id} ${from}`) ?? null,
      });
    }
    if (number === 0)
      waiting.push(startsWithUsage(agreement, anchor) ? "not_started" : "not_begun");
  }
  cycles.sort((a, b) => b.period.from - a.period.from);
  return { state: stateOf(cycles, waiting), cycles };
}

function startsWithUsage(agreement: Agreement, anchor: Instant | null): boolean {
  const cycle = agreement.versions.at(-1)?.contract.cycle;
  return anchor === null && cycle?.every !== "month" && cycle?.anchor === "first_usage";
}

function stateOf(cycles: readonly Cycle[], waiting: readonly CycleState[]): CycleState {
  if (cycles.some(({ current }) => current)) return "running";
  return waiting[0] ?? (cycles.length > 0 ? "ended" : "no_contract");
}

/** `current`, `previous`, or the instant that a cycle begins at; null while none has begun. Throws `cycle_unknown`. */
export function chosenCycle(
  { cycles }: Cycles,
  wanted: "current" | "previous" | Instant,
): Cycle | null {
  if (cycles.length === 0) return null;
  const running = cycles.findIndex(({ current }) => current);
  const found =
    wanted === "current"
      ? cycles[running]
      : wanted === "previous"
        ? cycles[running + 1]
        : cycles.find(({ period }) => period.from === wanted);
  if (found !== undefined) return found;
  throw new UnknownError(
    "cycle_unknown",
    "the customer has no such cycle",
    "see `GET /api/v1/cycles` for those there are",
  );
}
