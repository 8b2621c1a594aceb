/** The span that a question about usage is about: instants, dates, or a billing cycle. */

import { type Instant, parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { chosenCycle, type CycleState, cyclesOf } from "../billing/cycles.ts";
import type { Queryable } from "../store/database.ts";
import { HttpProblem } from "./http-problem.ts";
import { instantOf } from "./instants.ts";

export type AskedSpan =
  | { readonly kind: "span"; readonly from: Instant; readonly to: Instant }
  /** No cycle has begun: there is nothing to sum. */
  | { readonly kind: "no_cycle"; readonly state: CycleState };

type Asked = {
  from?: string;
  to?: string;
  cycle?: string;
};

/** A date as `to` is inclusive: all of its day. Throws `span_malformed`, `cycle_unknown`. */
export async function askedSpan(
  database: Queryable,
  asked: Asked,
  o: { customer: string | null; now: Instant },
): Promise<AskedSpan> {
  if (asked.cycle !== undefined) return askedCycle(database, asked.cycle, o);
  const { from, to } = asked;
  if (from === undefined || to === undefined) throw spanMalformed("`from` and `to` are missing");
  const span = { from: instantOf(from, "from"), to: endOf(to) };
  if (span.to <= span.from) throw spanMalformed("`to` is not after `from`");
  return { kind: "span", ...span };
}

const lastSecond = parseInstant("9999-12-31T23:59:59Z");

function endOf(text: string): Instant {
  const end = instantOf(text, "to");
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  // The last day of all ends with its last second.
  return isDate ? Math.min(end + secondsPerDay, lastSecond) : end;
}

async function askedCycle(
  database: Queryable,
  wanted: string,
  { customer, now }: { customer: string | null; now: Instant },
): Promise<AskedSpan> {
  if (customer === null) throw spanMalformed("a cycle is a customer's: `customer` is missing");
  const cycles = await cyclesOf(database, customer, now);
  const cycle = chosenCycle(
    cycles,
    wanted === "current" || wanted === "previous" ? wanted : instantOf(wanted, "cycle"),
  );
  if (cycle === null) return { kind: "no_cycle", state: cycles.state };
  return { kind: "span", ...cycle.period };
}

function spanMalformed(detail: string): HttpProblem {
  return new HttpProblem(
    400,
    "span_malformed",
    detail,
    "give `from` and `to` (a date as `to` is all of its day), or `cycle` with a customer",
  );
}
