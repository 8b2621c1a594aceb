/**
 * Tells of quotas whose thresholds were crossed. What is used is known by the report after it, so that it is looked
 * where it was used: in the period that runs and in the one that ended and is not closed, and where a quota is a day's
 * or an hour's, in those that are over.
 */

import { resolvePlan } from "@submeter/shared/contracts/resolve-plan";
import {
  type QuotaInputs,
  thresholdsReached,
  type UsageTowardQuota,
  usageTowardQuotas,
} from "@submeter/shared/entitlements/usage-toward-quota";
import { format } from "@submeter/shared/numbers/decimal";
import {
  formatInstant,
  type Instant,
  parseInstant,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import { type NewEvent, recordEvents } from "../store/events.ts";
import { contractsToCompare, saveLook, type ToLookAt } from "../store/threshold-looks.ts";
import type { BillingContext } from "./billing-context.ts";
import { openPeriod } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";
import { runningPeriodOf } from "./running-period.ts";

/** A quota is read from all of the period's usage: not oftener than that, and not of all contracts at once. */
const quietSeconds = 900;
const contractsMax = 200;
/** Days of a day's quota that are looked at again. */
const daysBackMax = 35;

export async function tellThresholds({ database, clock, logger }: BillingContext): Promise<void> {
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
  const open = await openPeriod(db, await readAgreement(db, look.id));
  const ended = open !== null && open.period.to <= now ? open.period.to - 1 : null;
  const uses = [
    ...(ended === null ? [] : await usesAt(db, look.id, ended)),
    ...(await usesAt(db, look.id, now)),
  ];
  // The hours of a day are told apart on that day alone.
  const dayStart = Math.floor(now / secondsPerDay) * secondsPerDay;
  if (uses.some(({ per }) => per === "hour") && ended !== dayStart - 1) {
    uses.push(...(await usesAt(db, look.id, dayStart - 1)).filter(({ per }) => per === "hour"));
  }
  const events = uses.flatMap((use) =>
    thresholdsReached(use).map((percent) => thresholdEvent(use, percent, { look, now })),
  );
  await recordEvents(db, events, now);
  await saveLook(db, look, now);
}

type UseOfCustomer = UsageTowardQuota & { readonly customer: string };

/** In the period that holds `at`; none where nothing is billed then. */
async function usesAt(db: Queryable, contract: string, at: Instant): Promise<UseOfCustomer[]> {
  const running = await runningPeriodOf(db, contract, at);
  if (running === null) return [];
  const { open } = running;
  const { customer } = open.contract;
  const inputs = { ...open, plan: resolvePlan(open.plan, open.contract) };
  return usesUpTo(inputs, at).map((use) => ({ ...use, customer }));
}

/** Of the span that holds `at`, and where quotas are for days or hours, of those that ended before it. */
function usesUpTo(inputs: Omit<QuotaInputs, "now">, at: Instant): UsageTowardQuota[] {
  const uses = usageTowardQuotas({ ...inputs, now: at });
  const from = parseInstant(inputs.period.from);
  const earlier = (["day", "hour"] as const)
    .filter((per) => uses.some((use) => use.per === per))
    .flatMap((per) =>
      endsBefore(per, from, at).flatMap((now) =>
        usageTowardQuotas({ ...inputs, now }).filter((use) => use.per === per),
      ),
    );
  return [...earlier, ...uses];
}

/** The last seconds of the days of the period, or of the hours of the day of `at`, that were over then. */
function endsBefore(per: "day" | "hour", from: Instant, at: Instant): Instant[] {
  const seconds = per === "day" ? secondsPerDay : secondsPerHour;
  const back = per === "day" ? daysBackMax * secondsPerDay : at % secondsPerDay;
  const ends = [];
  const first = Math.max(from, at - back);
  for (let end = Math.floor(at / seconds) * seconds - 1; end >= first; end -= seconds) {
    ends.push(end);
  }
  return ends;
}

function thresholdEvent(
  { line, meter, span, used, ceiling, per, customer }: UseOfCustomer,
  percent: string,
  { look, now }: { look: ToLookAt; now: Instant },
): NewEvent {
  const from = formatInstant(span.from);
  const contract = look.id;
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
