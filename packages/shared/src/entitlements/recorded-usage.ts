/** A customer's usage of a period as few rows as an estimate needs: sums by day, the greatest by hour. */

import type { PlanDocument, PlanMeter } from "../contracts/plan.ts";
import { add, decimal, format, isZero } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { gaugeFigure } from "../rating/gauge-figure.ts";
import type { PeriodOfStatement, UsageRow } from "../rating/statement-inputs.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import type { RecordedUsage } from "./plan-of-state.ts";

/** Beyond so many rows the days of the period become one. */
export const recordedRowsMax = 5000;

/** Of the plan's meters only; in one order whatever the order of the rows. */
export function recordedUsage(
  rows: readonly UsageRow[],
  plan: PlanDocument,
  period: PeriodOfStatement,
): RecordedUsage[] {
  const meters = new Map(plan.meters.map((meter) => [meter.name, meter]));
  const known = rows.filter(({ meter }) => meters.has(meter));
  const byDay = combined(known, meters, period, (window) => dayOf(window, period));
  return byDay.length <= recordedRowsMax
    ? byDay
    : combined(known, meters, period, () => period.from);
}

function combined(
  rows: readonly UsageRow[],
  meters: ReadonlyMap<string, PlanMeter>,
  period: PeriodOfStatement,
  spanOf: (window: string) => string,
): RecordedUsage[] {
  const isPeak = ({ meter }: UsageRow) => meters.get(meter)?.aggregation === "max";
  const groups = Map.groupBy(rows, (row) =>
    [isPeak(row) ? row.window : spanOf(row.window), row.meter, dimensionsKey(row.dimensions)].join(
      " ",
    ),
  );
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, some]) => {
      const [first] = some;
      const meter = first === undefined ? undefined : meters.get(first.meter);
      if (first === undefined || meter === undefined) return [];
      const window = isPeak(first) ? first.window : spanOf(first.window);
      const total = isPeak(first)
        ? gaugeFigure(some, { ...meter, over_period: "max" }, period)
        : some.reduce((sum: Decimal, row) => add(sum, decimal(row.quantity)), decimal("0"));
      if (isZero(total)) return [];
      const { dimensions } = first;
      return [{ window, meter: first.meter, dimensions, quantity: format(total) }];
    });
}

/** The UTC day's start, or the period's where that lies inside of the day. */
function dayOf(window: string, { from }: PeriodOfStatement): string {
  const day = `${window.slice(0, 10)}T00:00:00Z`;
  return day < from ? from : day;
}
