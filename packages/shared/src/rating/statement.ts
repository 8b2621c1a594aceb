/** A statement: the result of rating one period, as plain JSON. It becomes an invoice when it is booked. */

import type { FallbackPolicy } from "../contracts/contract.ts";
import type { HourCounts } from "../coverage/hours-of-period.ts";
import type { Dimensions } from "../wire/dimensions.ts";
import type { Carry } from "./carry.ts";
import type { PeriodOfStatement } from "./statement-inputs.ts";

/** `open`: the period is not over, or hours are still awaited; such a statement is a preview and is never booked. */
export type Basis = "measured" | "measured_with_gaps" | "fallback" | "open";

export type LineKind =
  | "base"
  | "usage"
  | "overage"
  | "estimate"
  | "share"
  | "shortfall"
  | "true_up"
  | "minimum"
  | "pack"
  | "commitment"
  | "discount"
  | "comp";

/** One step of how a line came to its amount, in order; `value` is a decimal string. */
export type ComputationStep = {
  readonly step:
    | "counted"
    | "adjusted"
    | "estimated"
    | "held"
    | "converted"
    | "included"
    | "rollover"
    | "unbilled"
    | "pack"
    | "billable"
    | "amount"
    | "seats"
    | "year"
    | "trial"
    | "prorated"
    | "missing"
    | "minimum"
    | "counts"
    | "price"
    | "packages"
    | "tier"
    | "credits"
    | "discount"
    | "maximum"
    | "commitment"
    | "exact"
    | "rounded";
  readonly value: string;
  /** What the value is and where it is from, for a person. */
  readonly note: string;
};

export type StatementLine = {
  /** Stable from one version of the statement to the next: corrections pair lines by it. */
  readonly id: string;
  readonly kind: LineKind;
  readonly description: string;
  readonly meter: string | null;
  readonly dimensions: Dimensions | null;
  readonly quantity: string | null;
  readonly unit: string | null;
  readonly unit_price: string | null;
  /** What the line is for: the statement's period, or the next one when in advance. */
  readonly period: { readonly from: string; readonly to: string };
  readonly timing: "advance" | "arrears";
  /** With exactly the decimals of the currency's minor unit. */
  readonly amount: string;
  readonly computation: readonly ComputationStep[];
  /** As the plan groups its lines; absent where it does not. */
  readonly group?: string;
};

/** What was used and is on purpose not billed: shown, never silently gone. Absent where there is none. */
export type UnbilledUsage = {
  readonly meter: string;
  readonly dimensions: Dimensions | null;
  readonly quantity: string;
  readonly reason: "excluded" | "trial" | "overage_off" | "overage_not_opted_in";
  readonly note: string;
};

/** Usage without a price: never silently free. While there is any, the period does not close by itself. */
export type UnpricedUsage = {
  readonly meter: string;
  readonly dimensions: Dimensions;
  readonly quantity: string;
  readonly reason: "meter_not_in_plan" | "no_price_matches";
};

export type Statement = {
  readonly version: 1;
  readonly scope: "opening" | "period";
  readonly number: number;
  readonly as_of: string;
  readonly customer: string;
  readonly contract: { readonly id: string; readonly version: number };
  readonly plan: { readonly id: string; readonly version: number };
  readonly currency: string;
  readonly period: PeriodOfStatement;
  readonly basis: Basis;
  /** The policy that was applied; null unless the basis is `fallback`. */
  readonly fallback: FallbackPolicy | null;
  readonly provisional: boolean;
  /** Installation-hours, and as an invoice prints them. */
  readonly hours: HourCounts & { readonly text: string };
  readonly lines: readonly StatementLine[];
  /** The sum of the lines. */
  readonly total: string;
  /** What the lines would come to if the contract were not comped; absent unless it is. */
  readonly shadow_total?: string;
  /** Credits that the period's usage takes from the balance; absent unless the plan prices in credits. */
  readonly credits_used?: string;
  readonly unbilled?: readonly UnbilledUsage[];
  readonly carry?: Carry;
  readonly unpriced: readonly UnpricedUsage[];
  /** Why the period does not close by itself, as codes; empty when it does. */
  readonly needs_decision: readonly "unpriced_usage"[];
  readonly carried_digest: string;
  /** SHA-256 of the inputs' canonical bytes, 64 lower-case hex. */
  readonly inputs_digest: string;
  /** The engine's version: another one may compute other bytes, the same one never does. */
  readonly engine: string;
};
