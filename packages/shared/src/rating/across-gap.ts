/**
 * What a gauge held while an agent was down: as much as in the hour before the gap, or behind it where the period begins
 * with one. Only for hours that the allowance forgives; beyond it the fallback policy rules.
 */

import { hoursOf } from "../coverage/history.ts";
import type { HoursOfJournal } from "../coverage/hours-of-period.ts";
import { add, decimal, format } from "../numbers/decimal.ts";
import type { Decimal } from "../numbers/decimal.ts";
import { floorToScale, fraction, multiplyFractions, toFraction } from "../numbers/fraction.ts";
import { formatInstant, parseInstant, secondsPerHour } from "../time/instant.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { grouped } from "./basis.ts";
import type { EstimatedUsage } from "./estimate.ts";
import { ofJournal } from "./estimate.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";

export function heldAcrossGaps(inputs: StatementInputs): EstimatedUsage[] {
  const scales = heldMeters(inputs);
  if (scales.size === 0) return [];
  const found = new Map<string, EstimatedUsage>();
  for (const { installation, journals } of inputs.hours.installations) {
    for (const hours of journals) {
      const own = inputs.usage.filter(
        (row) =>
          row.installation === installation &&
          row.journal === hours.journal &&
          scales.has(row.meter),
      );
      for (const held of heldBy(hours, own, scales)) {
        const key = [installation, held.journal, held.meter, dimensionsKey(held.dimensions)].join(
          "\n",
        );
        const before = found.get(key);
        found.set(key, before === undefined ? held : together(before, held));
      }
    }
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held);
}

/** The scales of the meters that the contract holds. */
function heldMeters({ contract, plan }: StatementInputs): Map<string, number> {
  const { across_gap = {} } = contract;
  return new Map(
    plan.meters.flatMap(({ name, aggregation, scale }) =>
      aggregation === "time_weighted" && across_gap[name] === "hold" ? [[name, scale]] : [],
    ),
  );
}

function heldBy(
  { missing }: HoursOfJournal,
  usage: readonly UsageRow[],
  scales: ReadonlyMap<string, number>,
): EstimatedUsage[] {
  return missing.flatMap(([from, to]) => {
    const hourBefore = formatInstant(parseInstant(from) - secondsPerHour);
    const before = usage.filter(({ window }) => window === hourBefore);
    const beside = before.length > 0 ? before : usage.filter(({ window }) => window === to);
    const hours = hoursOf([{ from: parseInstant(from), to: parseInstant(to) }]);
    return beside.map((row) => {
      const quantity = timesOf(decimal(row.quantity), hours, scales.get(row.meter) ?? 0);
      return {
        installation: row.installation,
        journal: row.journal,
        meter: row.meter,
        dimensions: row.dimensions,
        quantity,
        how: "held" as const,
        over: [{ ranges: [[from, to] as const], quantity }],
        note: `${grouped(row.quantity)} in the hour of ${row.window} × ${grouped(hours)} hours without the agent, ${ofJournal(row)}`,
      };
    });
  });
}

function timesOf(quantity: Decimal, hours: number, scale: number): Decimal {
  return floorToScale(multiplyFractions(toFraction(quantity), fraction(BigInt(hours), 1n)), scale);
}

/** Of several gaps the sum, with each of them named. */
function together(a: EstimatedUsage, b: EstimatedUsage): EstimatedUsage {
  const quantity = add(a.quantity, b.quantity);
  const over = [...a.over, ...b.over];
  return { ...a, quantity, over, note: `${a.note}; ${b.note} (${format(quantity)} together)` };
}
