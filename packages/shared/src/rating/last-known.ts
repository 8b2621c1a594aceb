/** Greatest values (`max`) are never estimated by a mean: in a missing hour the last known one stands (billing rules, section 2). */

import { isZero, subtract } from "../numbers/decimal.ts";
import { formatInstant, parseInstant, secondsPerHour } from "../time/instant.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { grouped } from "./basis.ts";
import type { EstimatedUsage } from "./estimate.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";
import { usageTotals } from "./usage-totals.ts";

/** By how much the period's figure of each such meter is greater with them. */
export function lastKnownValues({ plan, usage, hours, period }: StatementInputs): EstimatedUsage[] {
  const meters = new Set(
    plan.meters
      .filter(({ aggregation, over_period }) => aggregation === "max" && over_period !== undefined)
      .map(({ name }) => name),
  );
  const known = usage.filter(({ meter }) => meters.has(meter));
  if (known.length === 0) return [];
  const standing = hours.installations.flatMap(({ installation, journals }) =>
    journals.flatMap(({ journal, missing }) => {
      const own = known.filter(
        (row) => row.installation === installation && row.journal === journal,
      );
      return missing.flatMap(([from, to]) => standingIn(own, from, to));
    }),
  );
  if (standing.length === 0) return [];
  const before = new Map(
    usageTotals(known, plan, period).map((one) => [keyOf(one), one.quantity] as const),
  );
  const hoursStanding = new Set(
    standing.map((row) => `${row.installation} ${row.journal} ${row.window}`),
  );
  return usageTotals([...known, ...standing], plan, period).flatMap((total) => {
    const more = subtract(total.quantity, before.get(keyOf(total)) ?? total.quantity);
    if (isZero(more)) return [];
    return [
      {
        installation: "",
        journal: "",
        meter: total.meter,
        dimensions: total.dimensions,
        quantity: more,
        how: "estimate" as const,
        over: [],
        note: `the last known value in ${grouped(hoursStanding.size)} missing hours`,
      },
    ];
  });
}

/** For each hour of `[from, to)` what each dimension set of the journal last was before it. */
function standingIn(own: readonly UsageRow[], from: string, to: string): UsageRow[] {
  const last = new Map<string, UsageRow>();
  for (const row of own) {
    if (row.window >= from) continue;
    const held = last.get(keyOf(row));
    if (held === undefined || held.window < row.window) last.set(keyOf(row), row);
  }
  const windows: string[] = [];
  for (let at = parseInstant(from); at < parseInstant(to); at += secondsPerHour) {
    windows.push(formatInstant(at));
  }
  return [...last.values()].flatMap((row) => windows.map((window) => ({ ...row, window })));
}

function keyOf({ meter, dimensions }: Pick<UsageRow, "meter" | "dimensions">): string {
  return `${meter}\n${dimensionsKey(dimensions)}`;
}
