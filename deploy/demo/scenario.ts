/** What happens in the demo, in hours from its start, and to whom. Everybody else just reports. */

import { add, compare, decimal } from "@submeter/shared/numbers/decimal";
import { secondsPerDay, secondsPerHour } from "@submeter/shared/time/instant";
import type { CustomerUsage, Dataset } from "./dataset.ts";
import { halfWay, listPrice, usualMinimum } from "./tariff.ts";

export type Scenario = {
  /**
   * Cut off from the vendor for 96 hours before the first cycle ends, and back with its backlog. Its minimum lies half way
   * between what is known then and what was used.
   */
  readonly silent: { customer: string; fromHour: number; toHour: number; minimum: string };
  /** Its network sends every report twice. Null where the data has too few customers. */
  readonly doubled: { customer: string } | null;
  /** A snapshot of its machine, taken in the middle of an hour, runs beside it; then the operator decides. */
  readonly cloned: {
    customer: string;
    fromHour: number;
    toHour: number;
    decidedAtHour: number;
  } | null;
  readonly cycleDays: number;
  /** How long agents run and the contracts last: all of the data, in whole cycles. */
  readonly hours: number;
  /** The clock runs on to here at the latest. */
  readonly hoursMax: number;
};

const silenceHours = 96;
/** The snapshot is taken in an hour with usage, by this one. */
const snapshotHourMax = 60;

/** Chooses by activity alone, so that any folder of data gets a scenario. */
export function scenarioFor(dataset: Dataset): Scenario {
  const dataDays = Math.max(1, Math.ceil(dataset.seconds / secondsPerDay));
  const cycleDays = Math.max(1, Math.floor(dataDays / 3));
  const fromHour = Math.max(6, cycleDays * 24 - 30);
  const silence = { fromHour, toHour: fromHour + silenceHours };
  const byActivity = dataset.customers.toSorted(
    (a, b) => hoursActive(b) - hoursActive(a) || (a.id < b.id ? -1 : 1),
  );
  const silent =
    byActivity.find((usage) => {
      const { known, all } = firstCycle(usage, fromHour, cycleDays);
      return compare(all, add(known, decimal("1"))) > 0;
    }) ?? byActivity[0];
  const [doubled, cloned] = byActivity.filter((usage) => usage !== silent);
  const days = Math.max(dataDays, Math.ceil(silence.toHour / 24));
  const hours = Math.ceil(days / cycleDays) * cycleDays * 24;
  return {
    silent: {
      customer: silent?.id ?? "",
      ...silence,
      minimum: minimumOf(silent, fromHour, cycleDays),
    },
    doubled: doubled === undefined ? null : { customer: doubled.id },
    cloned: cloned === undefined ? null : snapshotOf(cloned),
    cycleDays,
    hours,
    // 72 h of report_due, 14 d for what nobody decided, and a day to spare.
    hoursMax: hours + (3 + 14 + 1) * 24,
  };
}

function minimumOf(usage: CustomerUsage | undefined, fromHour: number, cycleDays: number): string {
  if (usage === undefined) return usualMinimum;
  const { known, all } = firstCycle(usage, fromHour, cycleDays);
  return halfWay(known, all);
}

/** The first cycle at list price: what is known when the silence starts, and all of it. */
function firstCycle(usage: CustomerUsage, fromHour: number, cycleDays: number) {
  return {
    known: listPrice(usage, { from: 0, to: fromHour * secondsPerHour }),
    all: listPrice(usage, { from: 0, to: cycleDays * secondsPerDay }),
  };
}

function snapshotOf(usage: CustomerUsage): NonNullable<Scenario["cloned"]> {
  const hours = [...activeHours(usage)].filter((hour) => hour <= snapshotHourMax);
  const fromHour = hours.reduce((latest, hour) => Math.max(latest, hour), 0);
  return {
    customer: usage.id,
    fromHour,
    toHour: fromHour + 6,
    decidedAtHour: fromHour + 24,
  };
}

function hoursActive(usage: CustomerUsage): number {
  return activeHours(usage).size;
}

function activeHours(usage: CustomerUsage): Set<number> {
  return new Set(usage.slots.map(({ second }) => Math.floor(second / secondsPerHour)));
}
