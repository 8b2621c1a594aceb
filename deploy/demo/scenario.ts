/** What happens in the demo, in hours from its start, and to whom. Everybody else just reports. */

import { add, compare } from "@submeter/shared/numbers/decimal";
import { secondsPerDay, secondsPerHour } from "@submeter/shared/time/instant";
import type { CustomerUsage, Dataset } from "./dataset.ts";
import { tokensAtListPrice } from "./tariff.ts";

export type Scenario = {
  /** Cut off from the vendor for 96 hours, and back with its backlog. */
  readonly silent: { customer: string; fromHour: number; toHour: number };
  /** Its network sends every report twice. */
  readonly doubled: { customer: string };
  /** A snapshot of its machine, taken in the middle of an hour, runs beside it; then the operator decides. */
  readonly cloned: { customer: string; fromHour: number; toHour: number; decidedAtHour: number };
  readonly cycleDays: number;
  /** How long agents run and the contracts last: all of the data, in whole cycles. */
  readonly hours: number;
  /** The clock runs on to here at the latest. */
  readonly hoursMax: number;
};

const silence = { fromHour: 18, toHour: 114 };
const clone = { fromHour: 60, toHour: 66, decidedAtHour: 84 };

/** Chooses by activity alone, so that any folder of data gets a scenario. */
export function scenarioFor(dataset: Dataset): Scenario {
  const byActivity = dataset.customers.toSorted(
    (a, b) => hoursActive(b) - hoursActive(a) || (a.id < b.id ? -1 : 1),
  );
  const dataDays = Math.ceil(dataset.seconds / secondsPerDay);
  const cycleDays = Math.max(1, Math.floor(dataDays / 3));
  const days = Math.max(dataDays, Math.ceil(silence.toHour / 24));
  const hours = Math.ceil(days / cycleDays) * cycleDays * 24;
  const silent = byActivity.find((usage) => mostIsStillToCome(usage, cycleDays)) ?? byActivity[0];
  const [doubled, cloned] = byActivity.filter((usage) => usage !== silent);
  return {
    silent: { customer: silent?.id ?? "", ...silence },
    doubled: { customer: doubled?.id ?? "" },
    cloned: { customer: cloned?.id ?? "", ...clone },
    cycleDays,
    hours,
    // 72 h of report_due, 14 d for what nobody decided, and a day to spare.
    hoursMax: hours + (3 + 14 + 1) * 24,
  };
}

/** What is known when the silence starts is less than half of the first cycle: the minimum is more than it. */
function mostIsStillToCome(usage: CustomerUsage, cycleDays: number): boolean {
  const known = tokensAtListPrice(usage, { from: 0, to: silence.fromHour * secondsPerHour });
  const all = tokensAtListPrice(usage, { from: 0, to: cycleDays * secondsPerDay });
  return compare(add(known, known), all) < 0;
}

function hoursActive(customer: CustomerUsage): number {
  return new Set(customer.slots.map(({ second }) => Math.floor(second / secondsPerHour))).size;
}
