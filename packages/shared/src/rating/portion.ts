/** A quantity at one price on its way to a line of the statement: each stage of rating takes from it and says what it took. */

import type { Countable } from "../contracts/contract.ts";
import type { PriceModel } from "../contracts/price-model.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Fraction } from "../numbers/fraction.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { ComputationStep, LineKind } from "./statement.ts";

/** So much for each unit, or a model of its own. */
export type PriceOfUsage =
  | { readonly kind: "unit"; readonly unitPrice: Decimal }
  | { readonly kind: "model"; readonly model: PriceModel };

export type Portion = {
  readonly id: string;
  readonly kind: LineKind;
  readonly description: string;
  /** As what its line is measured against an amount minimum; null for what never is. */
  readonly counts: Countable | null;
  readonly meter: string;
  readonly unit: string;
  readonly dimensions: Dimensions | null;
  readonly price: PriceOfUsage;
  readonly quantity: Fraction;
  readonly steps: readonly ComputationStep[];
};

/** Whether it was used or estimated; what only lifts it to a minimum was not, and takes nothing of quota or packs. */
export function isUsed({ kind }: Portion): boolean {
  return kind === "usage" || kind === "overage" || kind === "estimate";
}
