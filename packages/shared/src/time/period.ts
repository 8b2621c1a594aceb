/** Billing periods in UTC by integers: calendar months, N-day cycles from an anchor, and anniversaries. */

import type { Instant, Interval } from "./instant.ts";

export type Cycle =
  | { readonly every: "month" }
  | { readonly every: "days"; readonly days: number; readonly anchor: Instant }
  /** Monthly at the anchor's day and hour; the anchor is stored, so 31 Jan → 28 Feb → 31 Mar does not drift. */
  | { readonly every: "anniversary"; readonly anchor: Instant };

/** A cycle clipped to the term; `cycle` is the whole of it, by which amounts are prorated. */
export type Period = Interval & { readonly cycle: Interval };

/** `to` null: without end. */
export type Term = { readonly from: Instant; readonly to: Instant | null };
