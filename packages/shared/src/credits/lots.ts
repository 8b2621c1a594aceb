/** Credit lots: which is spent first, what is left of each, and how a correction gives back. */

import type { Fraction } from "../numbers/fraction.ts";
import {
  greaterFraction,
  isPositive,
  lesserFraction,
  nothing,
  subtractFractions,
} from "../numbers/fraction.ts";

export type CreditLot = {
  readonly id: string;
  readonly left: Fraction;
  /** The smaller is spent first; 0 when absent. */
  readonly priority?: number;
  /** An instant or a date, as text that sorts; null never expires. */
  readonly expires: string | null;
  readonly created?: string;
};

export type Drawdown<Lot extends CreditLot> = {
  /** In the order in which they were given. */
  readonly lots: readonly Lot[];
  /** What each lot gave, in the order in which they were spent; lots that gave nothing are left out. */
  readonly taken: readonly { readonly id: string; readonly amount: Fraction }[];
  /** What no lot covered. */
  readonly uncovered: Fraction;
};

/** By priority, then the soonest expiry, those that never expire last, then the oldest, then by id. */
export function inSpendingOrder<Lot extends Omit<CreditLot, "left">>(lots: readonly Lot[]): Lot[] {
  return lots.toSorted(
    (a, b) =>
      (a.priority ?? 0) - (b.priority ?? 0) ||
      byText(a.expires ?? "~", b.expires ?? "~") ||
      byText(a.created ?? "", b.created ?? "") ||
      byText(a.id, b.id),
  );
}

export function drawDown<Lot extends CreditLot>(
  lots: readonly Lot[],
  amount: Fraction,
): Drawdown<Lot> {
  let open = amount;
  const taken = inSpendingOrder(lots).flatMap(({ id, left }) => {
    const part = lesserFraction(left, open);
    open = subtractFractions(open, part);
    return isPositive(part) ? [{ id, amount: part }] : [];
  });
  const partOf = new Map(taken.map((one) => [one.id, one.amount]));
  return {
    lots: lots.map((lot) => ({
      ...lot,
      left: subtractFractions(lot.left, partOf.get(lot.id) ?? nothing),
    })),
    taken,
    uncovered: open,
  };
}

/** Gives back what was taken too much, from the last lot that was spent to the first. */
export function giveBack(
  taken: readonly { readonly id: string; readonly amount: Fraction }[],
  amount: Fraction,
): { readonly id: string; readonly amount: Fraction }[] {
  let open = amount;
  return taken.toReversed().flatMap((one) => {
    const part = lesserFraction(one.amount, open);
    open = subtractFractions(open, part);
    return isPositive(part) ? [{ id: one.id, amount: part }] : [];
  });
}

/** What of a lot is gone when it expires. */
export function expired(granted: Fraction, used: Fraction): Fraction {
  return greaterFraction(subtractFractions(granted, used), nothing);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
