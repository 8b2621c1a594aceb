/**
 * What scheduled work finds to tell of usage; each thing has a name of its own, so that finding it again tells nothing:
 *
 *   held reports ─► report.quarantined
 *   attested shutdowns ─► installation.shutdown_attested
 *   a proven day beside the four weeks before ─► usage.anomaly
 *   a quota's thresholds that were crossed ─► usage.threshold_reached
 */

import { format } from "@submeter/shared/numbers/decimal";
import { resolvePlan } from "@submeter/shared/contracts/resolve-plan";
import {
  thresholdsReached,
  type UsageTowardQuota,
  usageTowardQuotas,
} from "@submeter/shared/entitlements/usage-toward-quota";
import { formatInstant, type Instant, secondsPerDay } from "@submeter/shared/time/instant";
import { type Anomaly, anomaliesOf, markLookedAt, unlookedDays } from "../store/anomalies.ts";
import type { Queryable } from "../store/database.ts";
import { type NewEvent, recordEvents } from "../store/events.ts";
import { untoldQuarantines } from "../store/report-lists.ts";
import { untoldShutdowns } from "../store/shutdowns.ts";
import { contractsToCompare, saveLook, type ToLookAt } from "../store/threshold-looks.ts";
import type { BillingContext } from "./billing-context.ts";
import { runningPeriodOf } from "./running-period.ts";

const historyDays = 28;
const historyDaysMin = 7;
const batch = 500;
/** A quota is read from all of the period's usage: not oftener than that, and not of all contracts at once. */
const quietSeconds = 900;
const contractsMax = 200;

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

/** Yesterday, for each installation as soon as all of it is proven: what is not known is no collapse. */
async function tellAnomalies({ database, clock }: BillingContext): Promise<void> {
  const now = clock.now();
  const dayEnd = Math.floor(now / secondsPerDay) * secondsPerDay;
  const from = dayEnd - secondsPerDay;
  const day = {
    from,
    to: dayEnd,
    historyFrom: from - historyDays * secondsPerDay,
    daysMin: historyDaysMin,
  };
  for (;;) {
    const looked = await database.transaction(async (db) => {
      const some = await unlookedDays(db, dayEnd, batch);
      const ids = some.map((row) => row.installation_id);
      const customers = new Map(some.map((row) => [row.installation_id, row.customer_id]));
      const found = await anomaliesOf(db, ids, day);
      const events = found.map((one) =>
        anomalyEvent(one, customers.get(one.installation_id) ?? null, from),
      );
      await recordEvents(db, events, now);
      await markLookedAt(db, ids, dayEnd);
      return some.length;
    });
    if (looked < batch) return;
  }
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

async function tellThresholds(context: BillingContext): Promise<void> {
  const { database, clock, logger } = context;
  const now = clock.now();
  const some = { now, quietSeconds, limit: contractsMax };
  for (const look of await contractsToCompare(database, some)) {
    try {
      await database.transaction((db) => tellThresholdsOf(db, look, now), {
        isolation: "repeatable read",
      });
    } catch (error) {
      logger.error({ err: error, contract: look.id }, "thresholds of a contract not looked at");
    }
  }
}

async function tellThresholdsOf(db: Queryable, look: ToLookAt, now: Instant): Promise<void> {
  const running = await runningPeriodOf(db, look.id, now);
  if (running !== null) {
    const { open } = running;
    const plan = resolvePlan(open.plan, open.contract);
    const uses = usageTowardQuotas({ ...open, plan, now });
    const { customer } = open.contract;
    const events = uses.flatMap((use) =>
      thresholdsReached(use).map((percent) =>
        thresholdEvent(use, percent, { contract: look.id, customer, now }),
      ),
    );
    await recordEvents(db, events, now);
  }
  await saveLook(db, look, now);
}

function thresholdEvent(
  { line, meter, span, used, ceiling, per }: UsageTowardQuota,
  percent: string,
  { contract, customer, now }: { contract: string; customer: string; now: Instant },
): NewEvent {
  const from = formatInstant(span.from);
  return {
    type: "usage.threshold_reached",
    key: `${contract} ${line} ${from} ${percent}`,
    at: now,
    customer,
    data: {
      customer,
      contract,
      line,
      meter: meter.name,
      unit: meter.unit,
      percent,
      used: format(used),
      of: ceiling === null ? null : format(ceiling),
      per,
      from,
      to: formatInstant(span.to),
    },
  };
}
