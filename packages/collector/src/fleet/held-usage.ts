/** What held reports say was used: known, not counted, shown apart. */

import { add, decimal, format } from "@submeter/shared/numbers/decimal";
import { type Instant, parseInstant } from "@submeter/shared/time/instant";
import { readReport } from "@submeter/shared/wire/read-report";
import type { Queryable } from "../store/database.ts";
import { assignmentsOf } from "../store/installations.ts";
import { heldBetween } from "../store/report-lists.ts";

export type HeldUsage = {
  at: Instant;
  installation: string;
  /** Whose hour it was; null where it was nobody's, or many customers'. */
  customer: string | null;
  meter: string;
  quantity: string;
  code: string | null;
};

/** So many reports are read at most; the list of reports names them all. */
const heldReportsMax = 2000;

/**
 * Summed by `startOf` the window, installation, customer, meter and code; a `max` is summed too, as an upper bound. Of an
 * installation that changed hands each customer is told his own hours.
 */
export async function heldUsage(
  database: Queryable,
  o: {
    from: Instant;
    to: Instant;
    installation: string | null;
    customer: string | null;
    meter: string | null;
    startOf: (window: Instant) => Instant;
  },
): Promise<HeldUsage[]> {
  const reports = await heldBetween(database, { ...o, limit: heldReportsMax });
  const installations = [...new Set(reports.map((report) => report.installation_id))];
  const assignments = await assignmentsOf(database, installations);
  const ownerOf = (installation: string, window: Instant): string | null =>
    assignments.find(
      (a) =>
        a.installation_id === installation &&
        a.subject === "" &&
        a.from_at <= window &&
        (a.to_at === null || a.to_at > window),
    )?.customer_id ?? null;
  const sums = new Map<string, HeldUsage>();
  for (const { installation_id: installation, code, body } of reports) {
    const read = readReport(body);
    if (read.kind !== "report") continue;
    for (const { meter, window, quantity } of read.report.usage) {
      const start = parseInstant(window);
      if (start < o.from || start >= o.to || (o.meter !== null && o.meter !== meter)) continue;
      const customer = ownerOf(installation, start);
      if (o.customer !== null && o.customer !== customer) continue;
      const at = o.startOf(start);
      const key = `${at} ${installation} ${customer ?? ""} ${meter} ${code ?? ""}`;
      const before = sums.get(key)?.quantity ?? "0";
      const sum = format(add(decimal(before), decimal(quantity)));
      sums.set(key, { at, installation, customer, meter, quantity: sum, code });
    }
  }
  return [...sums.values()].toSorted((a, b) => a.at - b.at);
}
