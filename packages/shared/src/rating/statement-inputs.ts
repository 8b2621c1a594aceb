/** All that a statement is computed from, frozen with it: plain JSON, so that any past invoice can be computed again. */

import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import type { HoursOfPeriod } from "../coverage/hours-of-period.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { Carry } from "./carry.ts";

/** A billing period, clipped to the contract's term; `cycle_*` are the bounds of the whole cycle that it lies in. */
export type PeriodOfStatement = {
  readonly from: string;
  readonly to: string;
  readonly cycle_from: string;
  readonly cycle_to: string;
};

/** One meter and dimension set in one hour, as accepted up to the cut. Of one journal, or summed over its reports. */
export type UsageRow = {
  readonly installation: string;
  readonly journal: string;
  /** The hour's start, inside the period. */
  readonly window: string;
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly quantity: string;
};

/** An approved correction of what was counted in [from, to), by an operator; absent from the inputs where there is none. */
export type UsageAdjustment = {
  readonly id: string;
  readonly meter: string;
  /** What is added has these; what is taken off is taken from usage that has all of them. */
  readonly dimensions: Dimensions;
  readonly from: string;
  readonly to: string;
  /** Signed, over all of its hours. */
  readonly quantity: string;
  readonly reason: string;
};

/** What a journal with missing hours counted in the counted hours of its `history` (see HoursOfJournal), summed. */
export type HistoryRow = {
  readonly installation: string;
  readonly journal: string;
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly quantity: string;
};

/** The proof of what was known: per journal the greatest contiguous sequence. */
export type CutOfJournal = {
  readonly installation: string;
  readonly journal: string;
  readonly through: number;
};

export type StatementInputs = {
  readonly version: 1;
  /** `opening`: only the fees in advance of the first period. `period`: everything else, and the next period's fees in advance. */
  readonly scope: "opening" | "period";
  /** 1 for the first statement of a period; n + 1 when it is computed again. */
  readonly number: number;
  /** The instant of the cut. Nothing else in rating knows what time it is. */
  readonly as_of: string;
  readonly plan: PlanDocument;
  readonly contract: ContractDocument;
  readonly period: PeriodOfStatement;
  /** The period whose fees in advance stand on this statement; null when none follows. For `opening` the first period. */
  readonly advance: PeriodOfStatement | null;
  readonly cut: readonly CutOfJournal[];
  readonly hours: HoursOfPeriod;
  readonly usage: readonly UsageRow[];
  readonly history: readonly HistoryRow[];
  readonly adjustments?: readonly UsageAdjustment[];
  /** What one period hands to the next; the digest of it stands on the statement. */
  readonly carried: { readonly anchor: string | null } & Carry;
};
