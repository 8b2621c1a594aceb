/** What a customer may still use, over all installations, and what it holds in storage as far as that is known. */

import type { Entitlements } from "@submeter/shared/entitlements/entitlements";
import { entitlementsOf } from "@submeter/shared/entitlements/entitlements-of";
import { decimal, format } from "@submeter/shared/numbers/decimal";
import {
  divideFractions,
  fraction,
  roundHalfAwayFromZero,
  toFraction,
} from "@submeter/shared/numbers/fraction";
import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import { knownThrough } from "../fleet/known-through.ts";
import { contractIds } from "../store/contracts.ts";
import type { Database, Queryable } from "../store/database.ts";
import { totalUsage } from "../store/usage-summary.ts";
import { type RunningPeriod, runningPeriodOf } from "./running-period.ts";

export type Storage = {
  /** A decimal in `unit`: the mean of the hour before `asOf`. */
  readonly held: string | null;
  readonly unit: string;
  readonly asOf: Instant | null;
};

export type Limits = { readonly entitlements: Entitlements; readonly storage: Storage | null };

export async function limitsOfCustomer(
  database: Database,
  customer: string,
  now: Instant,
): Promise<Limits> {
  return database.transaction(
    async (db) => {
      const running = await runningOf(db, customer, now);
      const open = running?.open ?? null;
      const shared = (running?.installations.length ?? 0) > 1;
      return {
        entitlements: entitlementsOf({
          now,
          recorded: { asOf: now, journals: [] },
          open,
          suspended: null,
          shared,
        }),
        storage: open === null ? null : await storageOf(db, customer, open, now),
      };
    },
    { isolation: "repeatable read" },
  );
}

async function runningOf(
  db: Queryable,
  customer: string,
  now: Instant,
): Promise<RunningPeriod | null> {
  for (const contract of await contractIds(db, customer)) {
    const running = await runningPeriodOf(db, contract, now);
    if (running !== null) return running;
  }
  return null;
}

/** Of the plan's gauge of storage: a time-weighted meter named for it, in GiB-seconds or the like. */
async function storageOf(
  db: Queryable,
  customer: string,
  { plan }: RunningPeriod["open"],
  now: Instant,
): Promise<Storage | null> {
  const meter = plan.meters.find(
    ({ name, aggregation }) => aggregation === "time_weighted" && name.startsWith("storage"),
  );
  if (meter === undefined) return null;
  const unit = meter.unit.replace(/-seconds?$/, "");
  const asOf = await knownThrough(db, customer, now);
  if (asOf === null) return { held: null, unit, asOf };
  const [total] = await totalUsage(db, {
    from: asOf - secondsPerHour,
    to: asOf,
    customer,
    installation: null,
    meter: meter.name,
    own: null,
  });
  // In an hour that is known, no line is a true zero.
  const seconds = toFraction(decimal(total?.quantity ?? "0"));
  const mean = divideFractions(seconds, fraction(BigInt(secondsPerHour), 1n));
  return { held: format(roundHalfAwayFromZero(mean, heldDecimals)), unit, asOf };
}

const heldDecimals = 6;
