/** What a price model makes of a quantity: the exact cost, and how it came about. */

import type { Fraction } from "../../numbers/fraction.ts";
import type { ComputationStep } from "../statement.ts";

export type Cost = {
  readonly exact: Fraction;
  /** The way to it, tier by tier. */
  readonly steps: readonly ComputationStep[];
};
