/** Packs: bought beforehand, consumed after the quota, the oldest first; what is left goes into the next period for ever. */

import type { ContractDocument, PackPurchase } from "../contracts/contract.ts";
import type { Pack, UsageLine } from "../contracts/plan.ts";
import type { Fraction } from "../numbers/fraction.ts";
import {
  fractionOf,
  isPositive,
  lesserFraction,
  subtractFractions,
  sumFractions,
} from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { Carry } from "./carry.ts";
import { fractionText } from "./fraction-text.ts";
import { lessTaken } from "./included-quota.ts";
import type { RatedLine } from "./line.ts";
import { lineOf } from "./line.ts";
import type { Portion } from "./portion.ts";
import { isUsed } from "./portion.ts";
import type { RatingContext } from "./rating-context.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

export type Lot = { readonly id: string; readonly left: Fraction };

export type Purchase = PackPurchase & Pick<Pack, "quantity" | "amount">;

/** Those of the line that were bought in the period, in the order of their purchase. */
export function purchasesIn(
  line: UsageLine,
  contract: Pick<ContractDocument, "packs">,
  period: PeriodOfStatement,
): Purchase[] {
  const bought = (contract.packs ?? []).filter(
    (one) => one.line === line.id && one.at >= period.from && one.at < period.to,
  );
  return bought
    .toSorted((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1))
    .flatMap((one) => {
      const pack = line.packs?.find(({ id }) => id === one.pack);
      return pack === undefined
        ? []
        : [{ ...one, quantity: one.left ?? pack.quantity, amount: pack.amount }];
    });
}

export function lotsOf(line: UsageLine, carried: Carry, purchases: readonly Purchase[]): Lot[] {
  const before = (carried.packs ?? []).filter((lot) => lot.line === line.id);
  return [
    ...before.map(({ id, left }) => ({ id, left: fractionOf(left) })),
    ...purchases.map(({ id, quantity }) => ({ id, left: fractionOf(quantity) })),
  ];
}

/** What the quantity takes of each lot, the first one first. */
export function drawnFrom(
  lots: readonly Lot[],
  quantity: Fraction,
): { readonly taken: Fraction; readonly lots: readonly Lot[] } {
  let open = quantity;
  const after = lots.map((lot) => {
    const part = lesserFraction(lot.left, open);
    open = subtractFractions(open, part);
    return { id: lot.id, left: subtractFractions(lot.left, part) };
  });
  return { taken: subtractFractions(quantity, open), lots: after };
}

export function takePacks(
  portions: readonly Portion[],
  lots: readonly Lot[],
): { readonly portions: readonly Portion[]; readonly lots: readonly Lot[] } {
  let open = lots;
  const left = portions.flatMap((portion) => {
    if (!isUsed(portion)) return [portion];
    const { taken, lots: after } = drawnFrom(open, portion.quantity);
    open = after;
    const rest = sumFractions(after.map((lot) => lot.left));
    const note = `from packs bought before: ${grouped(fractionText(rest))} ${portion.unit} left in them`;
    return lessTaken([portion], [taken], { step: "pack", note });
  });
  return { portions: left, lots: open.filter((lot) => isPositive(lot.left)) };
}

/** The price of each pack that was not paid for when it was bought. */
export function packLines(
  line: UsageLine,
  purchases: readonly Purchase[],
  { inputs, decimals, currency }: RatingContext,
): RatedLine[] {
  return purchases
    .filter(({ paid }) => paid !== true)
    .map((one) =>
      lineOf({
        id: `${line.id}#pack-${one.id}`,
        kind: "pack",
        description: `${line.description ?? line.id}: pack ${one.pack}, +${grouped(one.quantity)}, bought ${one.at.slice(0, 10)}`,
        period: inputs.period,
        timing: "arrears",
        exact: fractionOf(one.amount),
        decimals,
        counts: "packs",
        steps: [{ step: "amount", value: one.amount, note: `${currency} a pack` }],
      }),
    );
}
