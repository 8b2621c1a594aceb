/** Rows of usage in the API's words. */

import { formatInstant } from "@submeter/shared/time/instant";
import type { UnbilledRow } from "../store/unbilled-usage.ts";
import type { UsageSummaryRow } from "../store/usage-summary.ts";

export function rowJson(row: UsageSummaryRow) {
  const { at, customer, meter, dimensions, quantity } = row;
  return {
    at: formatInstant(at),
    customer,
    meter,
    ...(dimensions !== null && { dimensions: JSON.parse(dimensions) as Record<string, string> }),
    quantity,
  };
}

export function totalsJson(
  rows: readonly { meter: string; quantity: string }[],
): Record<string, string> {
  return Object.fromEntries(rows.map(({ meter, quantity }) => [meter, quantity]));
}

export function heldReason(code: string | null): string | null {
  return reasonOf[code ?? ""] ?? code;
}

const reasonOf: Readonly<Record<string, string>> = {
  window_in_future: "its hour lies in the future",
  coverage_in_future: "it covers time that has not come",
  window_before_enrolment: "before the installation was enrolled",
  window_overlaps_replaced: "overlaps windows of the journal that it replaces",
  key_compromised: "came under a key that is marked as compromised",
  meter_differs: "a meter's unit or aggregation differs from before",
};

const unbilledReasonOf: Record<UnbilledRow["reason"], string> = {
  no_customer: "it belongs to no customer",
  before_contract: "before the contract",
  no_contract: "no contract runs",
};

export function unbilledJson({ subject, reason, ...row }: UnbilledRow) {
  const why = unbilledReasonOf[reason];
  const named = reason === "no_customer" && subject !== "" ? `${why}: subject ${subject}` : why;
  return { ...row, at: formatInstant(row.at), code: reason, reason: named };
}
