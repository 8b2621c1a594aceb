/** A quantity at one price on its way to a line of the statement: each stage of rating takes from it and says what it took. */

import type { Countable } from "../contracts/contract.ts";
import type { Decimal } from "../numbers/decimal.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { ComputationStep, LineKind } from "./statement.ts";

export type Portion = {
  readonly id: string;
  readonly kind: LineKind;
  readonly description: string;
  /** As what its line is measured against an amount minimum; null for what never is. */
  readonly counts: Countable | null;
  readonly meter: string;
  readonly unit: string;
  readonly dimensions: Dimensions | null;
  readonly unitPrice: Decimal;
  readonly quantity: Decimal;
  readonly steps: readonly ComputationStep[];
};
