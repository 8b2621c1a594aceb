/** What journals with missing hours counted in the 28 days before: the ground of an estimate. */

import type { HoursOfJournal, HoursOfPeriod } from "@submeter/shared/coverage/hours-of-period";
import { add, decimal, type Decimal, format } from "@submeter/shared/numbers/decimal";
import type { HistoryRow } from "@submeter/shared/rating/statement-inputs";
import { parseInstant } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { Queryable } from "../store/database.ts";
import { usageOf, type UsageRowStored } from "../store/evidence.ts";

/** Of each journal with a history: its usage in the counted hours of it, by meter and dimensions. */
export async function historyRowsOf(
  db: Queryable,
  customer: string,
  hours: HoursOfPeriod,
): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (const { installation, journals } of hours.installations) {
    for (const journal of journals) {
      if (journal.history === null) continue;
      const { from, to } = journal.history;
      const span = [parseInstant(from), parseInstant(to)] as const;
      const usage = await usageOf(db, customer, [installation], ...span);
      const own = usage.filter((row) => row.journal === journal.journal);
      rows.push(...summed(installation, journal, own));
    }
  }
  return rows;
}

function summed(
  installation: string,
  journal: HoursOfJournal,
  usage: readonly UsageRowStored[],
): HistoryRow[] {
  const counted = (journal.history?.counted ?? []).map(([from, to]) => ({
    from: parseInstant(from),
    to: parseInstant(to),
  }));
  const sums = new Map<string, { row: UsageRowStored; quantity: Decimal }>();
  for (const row of usage) {
    if (!counted.some(({ from, to }) => from <= row.window_start && row.window_start < to))
      continue;
    const key = `${row.meter} ${row.dimensions}`;
    const before = sums.get(key);
    const quantity = decimal(row.quantity);
    sums.set(key, {
      row,
      quantity: before === undefined ? quantity : add(before.quantity, quantity),
    });
  }
  return [...sums.values()].map(({ row, quantity }) => ({
    installation,
    journal: journal.journal,
    meter: row.meter,
    dimensions: JSON.parse(row.dimensions) as Dimensions,
    quantity: format(quantity),
  }));
}
