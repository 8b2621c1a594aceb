/** Whose the hours of an invoice's installations are: its customer's, or another's, who is nobody's business here. Pure. */

import type { Instant } from "@submeter/shared/time/instant";
import type { AssignmentRow } from "../store/installations.ts";

export type WhoseHours = {
  /** Whether the hour of a line is the invoice's customer's. */
  isOwn(installation: string, window: Instant, subject: string): boolean;
  /** Whether anything of a span is another customer's. */
  touchesOthers(installation: string, from: Instant, to: Instant): boolean;
  /** It serves many at once, told apart by subject. */
  isShared(installation: string): boolean;
  /** Whether it was ever anybody else's. */
  hasOthers(installation: string): boolean;
  /** All other customers of the installations. */
  readonly others: ReadonlySet<string>;
};

export function whoseHours(
  customer: string,
  assignments: readonly AssignmentRow[],
  shared: ReadonlySet<string>,
): WhoseHours {
  const of = Map.groupBy(assignments, (row) => row.installation_id);
  const holds = (row: AssignmentRow, from: Instant, to: Instant): boolean =>
    row.from_at < to && (row.to_at === null || row.to_at > from);
  const othersOf = (installation: string) =>
    (of.get(installation) ?? []).filter((row) => row.customer_id !== customer);
  return {
    isOwn: (installation, window, subject) =>
      (of.get(installation) ?? []).some(
        (row) =>
          row.customer_id === customer &&
          row.subject === (shared.has(installation) ? subject : "") &&
          holds(row, window, window + 1),
      ),
    touchesOthers: (installation, from, to) =>
      othersOf(installation).some((row) => holds(row, from, to)),
    isShared: (installation) => shared.has(installation),
    hasOthers: (installation) => othersOf(installation).length > 0,
    others: new Set(
      assignments.map((row) => row.customer_id).filter((other) => other !== customer),
    ),
  };
}
