/** What becomes of corrections: booked, carried while small, kept for a person while large, or too late. */

import { decimalsOf, fromMinorUnits, minimumCharge, toMinorUnits } from "../numbers/currency.ts";
import { allocateByLargestRemainder } from "../numbers/allocate.ts";
import {
  absolute,
  compare,
  decimal,
  formatFixed,
  greater,
  isNegative,
  multiply,
  negate,
  sum,
} from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { settleDownUntil, settleUpUntil } from "../contracts/contract-terms.ts";
import type { ContractDocument } from "../contracts/contract.ts";
import type { Instant } from "../time/instant.ts";
import { parseInstant } from "../time/instant.ts";
import type { Correction } from "./correction.ts";

/** `nothing`: no amount changed. `too_late`: stored and shown, neither billed nor credited. `approval`: waits for a person. */
export type CorrectionVerdict = "nothing" | "too_late" | "approval" | "ready";

/** Over so much of the original statement a correction waits for a person. */
const approvalShare = decimal("0.2");

/** `approvalOver`: the vendor's own amount; the greater of it and 20 % of the original statement decides. */
export function judgeCorrection(
  correction: Correction,
  given: {
    readonly contract: ContractDocument;
    readonly now: Instant;
    readonly approvalOver: Decimal;
  },
): CorrectionVerdict {
  if (correction.direction === "none") return "nothing";
  if (isTooLate([correction], given)) return "too_late";
  const share = multiply(absolute(decimal(correction.original_total)), approvalShare);
  const limit = greater(share, given.approvalOver);
  return compare(absolute(decimal(correction.total)), limit) > 0 ? "approval" : "ready";
}

/** Whether what one period's corrections come to may no longer be settled: asked again whenever they are to be booked. */
export function isTooLate(
  corrections: readonly Pick<Correction, "period" | "total">[],
  given: { readonly contract: ContractDocument; readonly now: Instant },
): boolean {
  const [first] = corrections;
  if (first === undefined) return false;
  const period = { to: parseInstant(first.period.to) };
  const falls = isNegative(sum(corrections.map(({ total }) => decimal(total))));
  const until = falls ? settleDownUntil : settleUpUntil;
  return given.now > until(given.contract, period);
}

export type Settled = {
  /** Go on the next invoice as adjustments. */
  readonly debit: readonly Correction[];
  /** One credit note each group, to the original invoice of its period. */
  readonly credit: readonly (readonly Correction[])[];
  /** Too small to be charged or credited by itself: waits for company. */
  readonly carried: readonly Correction[];
};

/** `ready`: all of one contract's corrections that may be booked, those carried before included. */
export function settleCorrections(ready: readonly Correction[], currency: string): Settled {
  const least = minimumCharge(currency);
  const periods = Map.groupBy(ready, ({ period }) => period.from);
  const groups = [...periods.values()].map((group) => ({
    group,
    total: sum(group.map(({ total }) => decimal(total))),
  }));
  const increases = groups.filter(({ total }) => !isNegative(total));
  const decreases = groups.filter(({ total }) => isNegative(total));
  const billed = compare(sum(increases.map(({ total }) => total)), least) >= 0;
  const credited = decreases.filter(({ total }) => compare(negate(total), least) >= 0);
  const small = decreases.filter((one) => !credited.includes(one));
  const flat = (some: typeof groups) => some.flatMap(({ group }) => group);
  return {
    debit: billed ? flat(increases) : [],
    credit: credited.map(({ group }) => group),
    carried: [...(billed ? [] : flat(increases)), ...flat(small)],
  };
}

/**
 * A decrease as positive amounts on the original invoice's lines, as a credit note wants it: what the falling lines lose,
 * less what rising ones gain, split by largest remainder. The parts sum to the decrease.
 */
export function creditByLine(
  corrections: readonly Correction[],
  currency: string,
): { readonly line: string; readonly amount: string }[] {
  const changes = Map.groupBy(
    corrections.flatMap(({ lines }) => lines),
    ({ line }) => line,
  );
  const net = [...changes].map(([line, all]) => ({
    line,
    minor: toMinorUnits(sum(all.map(({ amount }) => decimal(amount))), currency),
  }));
  const falling = net.filter(({ minor }) => minor < 0n);
  const total = net.reduce((all, { minor }) => all + minor, 0n);
  if (total >= 0n) return [];
  const parts = allocateByLargestRemainder(
    -total,
    falling.map(({ minor }) => -minor),
  );
  const decimals = decimalsOf(currency);
  return falling
    .map(({ line }, index) => ({ line, minor: parts[index] ?? 0n }))
    .filter(({ minor }) => minor > 0n)
    .map(({ line, minor }) => ({
      line,
      amount: formatFixed(fromMinorUnits(minor, currency), decimals),
    }));
}
