/** The price model "package": each package that is begun costs its whole amount. */

import type { PackagePrice } from "../../contracts/price-model.ts";
import { format, fromInteger } from "../../numbers/decimal.ts";
import type { Decimal } from "../../numbers/decimal.ts";
import type { Fraction } from "../../numbers/fraction.ts";
import {
  ceilingToScale,
  divideFractions,
  fractionOf,
  greaterFraction,
  multiplyFractions,
  nothing,
  subtractFractions,
  toFraction,
} from "../../numbers/fraction.ts";
import { grouped } from "../basis.ts";
import { fractionText } from "../fraction-text.ts";
import type { Cost } from "./cost.ts";

export function packageCost(price: PackagePrice, quantity: Fraction): Cost {
  const free = fractionOf(price.free ?? "0");
  const billable = greaterFraction(subtractFractions(quantity, free), nothing);
  const packages = packagesFor(billable, fractionOf(price.size));
  const exact = multiplyFractions(toFraction(packages), fractionOf(price.amount));
  const freely = price.free === undefined ? "" : `, ${grouped(price.free)} free`;
  return {
    exact,
    steps: [
      {
        step: "packages",
        value: format(packages),
        note: `of ${grouped(price.size)} each, the last one begun${freely}`,
      },
      {
        step: "exact",
        value: fractionText(exact),
        note: `${grouped(format(packages))} × ${price.amount}`,
      },
    ],
  };
}

/** How many packages hold the quantity: a package that is begun counts whole. */
export function packagesFor(quantity: Fraction, size: Fraction): Decimal {
  const count = ceilingToScale(divideFractions(quantity, size), 0);
  return count.coefficient < 0n ? fromInteger(0n) : count;
}
