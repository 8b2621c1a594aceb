/** What holds for every line of one statement, as the stages of rating need it. */

import type { FallbackPolicy } from "../contracts/contract.ts";
import type { ContractTerms } from "../contracts/contract-terms.ts";
import type { Currency } from "../numbers/currency.ts";
import type { MissingPart } from "./missing-hours.ts";
import type { StatementInputs } from "./statement-inputs.ts";

export type RatingContext = {
  readonly inputs: StatementInputs;
  readonly terms: ContractTerms;
  /** The policy that is applied; null unless the basis is `fallback`. */
  readonly fallback: FallbackPolicy | null;
  /** The part of the period whose share of the minimum is billed. */
  readonly missing: MissingPart;
  /** After the term the same prices go on without a minimum. */
  readonly hasMinimum: boolean;
  readonly currency: Currency;
  /** Of the currency's minor unit. */
  readonly decimals: number;
};
