/**
 * What scheduled work finds to tell of usage; each thing has a name of its own, so that finding it again tells nothing:
 *
 *   held reports ─► report.quarantined
 *   attested shutdowns ─► installation.shutdown_attested
 *   a proven day beside the four weeks before ─► usage.anomaly
 *   a quota's thresholds that were crossed ─► usage.threshold_reached
 */

import { formatInstant, type Instant, secondsPerDay } from "@submeter/shared/time/instant";
import {
  type Anomaly,
  anomaliesOf,
  markLookedAt,
  type UnlookedDay,
  unlookedDays,
} from "../store/anomalies.ts";
import type { Queryable } from "../store/database.ts";
import { type NewEvent, recordEvents } from "../store/events.ts";
import { untoldQuarantines } from "../store/report-lists.ts";
import { untoldShutdowns } from "../store/shutdowns.ts";
import type { BillingContext } from "./billing-context.ts";
import { tellThresholds } from "./threshold-events.ts";

const historyDays = 28;
const historyDaysMin = 7;
/** What an installation brings later than that is told by its invoice. */
const lateDaysMax = 45;
const batch = 500;

export async function tellOfUsage(context: BillingContext): Promise<void> {
  await tellQuarantined(context);
  await tellShutdowns(context);
  await tellAnomalies(context);
  await tellThresholds(context);
}

async function tellQuarantined({ database, clock }: BillingContext): Promise<void> {
  const rows = await untoldQuarantines(database, batch);
  const events = rows.map((row): NewEvent => {
    const { installation_id: installation, journal, sequence, code, customer_id: customer } = row;
    return {
      type: "report.quarantined",
      key: `${installation} ${journal} ${sequence}`,
      at: row.recorded_at,
      customer,
      installation,
      data: { installation, customer, journal, sequence, code },
    };
  });
  await recordEvents(database, events, clock.now());
}

async function tellShutdowns({ database, clock }: BillingContext): Promise<void> {
  const rows = await untoldShutdowns(database, batch);
  const events = rows.map((row): NewEvent => {
    const { installation_id: installation, id, customer_id: customer, reason, stated_by } = row;
    const [from, until] = [formatInstant(row.from_at), formatInstant(row.until_at)];
    return {
      type: "installation.shutdown_attested",
      key: `${installation} ${id}`,
      at: row.recorded_at,
      customer,
      installation,
      data: { installation, customer, shutdown: id, from, until, reason, stated_by },
    };
  });
  await recordEvents(database, events, clock.now());
}

/** Each day of each installation once all of it is proven, also when many came late: what is not known is no collapse. */
async function tellAnomalies({ database, clock }: BillingContext): Promise<void> {
  const now = clock.now();
  const today = Math.floor(now / secondsPerDay) * secondsPerDay;
  const since = today - lateDaysMax * secondsPerDay;
  for (;;) {
    const looked = await database.transaction(async (db) => {
      const some = await unlookedDays(db, { since, dayEnd: today, limit: batch });
      for (const [dayEnd, rows] of Map.groupBy(some, (row) => row.day_end)) {
        await tellAnomaliesOfDay(db, rows, dayEnd, now);
      }
      return some.length;
    });
    if (looked === 0) return;
  }
}

async function tellAnomaliesOfDay(
  db: Queryable,
  rows: readonly UnlookedDay[],
  dayEnd: Instant,
  now: Instant,
): Promise<void> {
  const from = dayEnd - secondsPerDay;
  const historyFrom = from - historyDays * secondsPerDay;
  const ids = rows.map((row) => row.installation_id);
  const customers = new Map(rows.map((row) => [row.installation_id, row.customer_id]));
  const found = await anomaliesOf(db, ids, {
    from,
    to: dayEnd,
    historyFrom,
    daysMin: historyDaysMin,
  });
  const events = found.map((one) =>
    anomalyEvent(one, customers.get(one.installation_id) ?? null, from),
  );
  await recordEvents(db, events, now);
  await markLookedAt(db, ids, dayEnd);
}

function anomalyEvent(found: Anomaly, customer: string | null, day: Instant): NewEvent {
  const { installation_id: installation, meter, quantity, usual, days, kind } = found;
  const date = formatInstant(day).slice(0, 10);
  return {
    type: "usage.anomaly",
    key: `${installation} ${meter} ${date}`,
    at: day + secondsPerDay,
    customer,
    installation,
    data: { installation, customer, meter, day: date, kind, quantity, usual, usual_days: days },
  };
}
