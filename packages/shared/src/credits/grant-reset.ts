/** A grant at the end of its cycle: what rolls over into the next one, and what became of usage beyond it. */

import type { Fraction } from "../numbers/fraction.ts";
import { greaterFraction, nothing, subtractFractions } from "../numbers/fraction.ts";
import type { RolloverBounds } from "../rating/rollover.ts";
import { rolledOver } from "../rating/rollover.ts";

export type GrantReset = {
  readonly balanceAfter: Fraction;
  readonly overageBefore: Fraction;
};

/** `preserveOverage`: usage beyond the grant is taken from what it begins the next cycle with. */
export function resetGrant(
  grant: { readonly amount: Fraction; readonly used: Fraction },
  bounds: RolloverBounds,
  preserveOverage: boolean,
): GrantReset {
  const left = greaterFraction(subtractFractions(grant.amount, grant.used), nothing);
  const overageBefore = greaterFraction(subtractFractions(grant.used, grant.amount), nothing);
  const rolled = rolledOver(left, bounds);
  const balanceAfter = preserveOverage
    ? greaterFraction(subtractFractions(rolled, overageBefore), nothing)
    : rolled;
  return { balanceAfter, overageBefore };
}
