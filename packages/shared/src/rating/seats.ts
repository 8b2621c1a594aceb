/** How many seats a contract has in a period: each count holds from its hour on, and weighs by its hours. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  addFractions,
  fraction,
  fractionOf,
  multiplyFractions,
  nothing,
} from "../numbers/fraction.ts";
import { parseInstant } from "../time/instant.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

/**
 * Seats × the part of the cycle that they were held in, so that a seat of half a cycle is half a seat. `prorated` false: the
 * part of the period instead, so that a period that the term cuts short counts whole.
 */
export function seatTime(
  contract: Pick<ContractDocument, "seats">,
  period: PeriodOfStatement,
  prorated: boolean,
): Fraction {
  const { seats } = contract;
  if (seats === undefined) return nothing;
  const [from, to] = [parseInstant(period.from), parseInstant(period.to)];
  const whole = prorated
    ? parseInstant(period.cycle_to) - parseInstant(period.cycle_from)
    : to - from;
  const counts = typeof seats === "string" ? [{ from: period.from, seats }] : seats;
  return counts.reduce((sum, count, index) => {
    const next = counts[index + 1]?.from ?? period.to;
    const begins = Math.max(parseInstant(count.from), from);
    const held = Math.min(parseInstant(next), to) - begins;
    if (held <= 0) return sum;
    const part = fraction(BigInt(held), BigInt(whole));
    return addFractions(sum, multiplyFractions(fractionOf(count.seats), part));
  }, nothing);
}

/** `3 seats`, `2 seats from 1 Jan, 5 from …` shortened to the mean where they changed. */
export function seatsInWords({ seats }: Pick<ContractDocument, "seats">): string {
  if (seats === undefined) return "no seats";
  if (typeof seats === "string") return `${seats} seats`;
  return seats.map((count) => `${count.seats} seats from ${count.from.slice(0, 10)}`).join(", ");
}
