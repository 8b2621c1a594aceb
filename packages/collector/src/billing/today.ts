/** The operator's morning: who is silent and whose fault it is, what waits, what is unusual, what does not add up. */

import { secondsWithin } from "@submeter/shared/coverage/intervals";
import {
  type Instant,
  type Interval,
  secondsPerDay,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { outages } from "../fleet/availability.ts";
import { type FleetPage, fleetPage } from "../fleet/fleet-page.ts";
import type { Queryable } from "../store/database.ts";
import { type FleetStateRow, unreadableContracts } from "../store/fleet-states.ts";
import { keysOf } from "../store/installation-keys.ts";
import {
  type AgentTrouble,
  contractsOverdueToClose,
  failedWebhooks,
  troubledAgents,
  unreconciledDocuments,
  type Unreconciled,
  unusualDays,
  type UnusualDay,
  type Waiting,
  waitingDecisions,
} from "../store/today.ts";
import type { BillingContext } from "./billing-context.ts";
import { type CloseRow, closeRowsOf } from "./close-status.ts";
import { fleetTerms } from "./fleet-terms.ts";
import { type UnbilledValue, unbilledValue } from "./unbilled-value.ts";

export type Fault = "customer" | "collector_outage" | "no_key" | "held_reports";

export type SilentInstallation = {
  readonly row: FleetStateRow;
  readonly fault: Fault;
  /** Hours of its silence in which the collector was not there; they count against nobody. */
  readonly outageHours: number;
};

export type Today = {
  readonly now: Instant;
  readonly counts: FleetPage["counts"];
  readonly countedAt: FleetPage["countedAt"];
  readonly silent: readonly SilentInstallation[];
  readonly waitingToClose: readonly CloseRow[];
  readonly decisions: readonly Waiting[];
  readonly unusual: readonly UnusualDay[];
  readonly unbilled: UnbilledValue;
  readonly unreconciled: readonly Unreconciled[];
  readonly agents: {
    readonly total: number;
    readonly newest: string | null;
    readonly agents: readonly AgentTrouble[];
  };
  readonly webhooks: readonly { readonly id: string; readonly failed: number }[];
  readonly unreadable: readonly { readonly contract: string; readonly installations: number }[];
};

/** A screen shows so many of each; their commands list the rest. */
const shown = 10;
const unusualSeconds = 2 * secondsPerDay;
const subjectsSeconds = 31 * secondsPerDay;
/** What makes an agent worth a look: as the billing rules and the agent's own alarms have it. */
const agentBounds = { skewMs: 300_000, diskBytes: 512 * 1024 * 1024, backlog: 48 };

export async function today(context: BillingContext): Promise<Today> {
  const { database, clock } = context;
  const now = clock.now();
  const fleet = await fleetPage(
    { database, clock, terms: fleetTerms },
    { states: ["offline", "late", "forked"], customer: null, search: null },
    { after: [-1, ""], limit: shown },
  );
  const overdue = await contractsOverdueToClose(database, now, shown);
  const unreadable = new Map(
    (await unreadableContracts(database, shown)).map((one) => [one.contract, one.installations]),
  );
  const rows = await closeRowsOf(context, overdue, (contract) => {
    unreadable.set(contract, unreadable.get(contract) ?? 0);
  });
  return {
    now,
    counts: fleet.counts,
    countedAt: fleet.countedAt,
    silent: await silentOf(database, fleet.rows, now),
    waitingToClose: rows.filter(({ state }) => state === "waiting"),
    decisions: await waitingDecisions(database, now - subjectsSeconds),
    unusual: await unusualDays(database, now - unusualSeconds, shown),
    unbilled: await unbilledValue(context),
    unreconciled: await unreconciledDocuments(database, shown),
    agents: await troubledAgents(database, agentBounds, shown),
    webhooks: await failedWebhooks(database),
    unreadable: [...unreadable].map(([contract, installations]) => ({ contract, installations })),
  };
}

async function silentOf(
  db: Queryable,
  rows: readonly FleetStateRow[],
  now: Instant,
): Promise<SilentInstallation[]> {
  const silent = rows.filter(({ state }) => state !== "forked");
  const ids = silent.map((row) => row.installation_id);
  const keys = Map.groupBy(await keysOf(db, ids), (key) => key.installation_id);
  const since = silent.reduce((least, row) => Math.min(least, row.silent_from ?? now), now);
  const down = await outages(db, since, now);
  return silent.map((row) => {
    const usable = (keys.get(row.installation_id) ?? []).some(
      ({ state }) => state === "active" || state === "verify-only",
    );
    const outageHours = hoursWithin(down, row.silent_from ?? now, now);
    return { row, fault: faultOf(row, usable, outageHours), outageHours };
  });
}

/** Whose doing it is that nothing is known: the vendor's before the customer's. */
function faultOf(row: FleetStateRow, hasKey: boolean, outageHours: number): Fault {
  if (!hasKey) return "no_key";
  if (row.quarantined > 0) return "held_reports";
  // The outage has taken time off the silence already; it is the reason where most of the time was lost by it.
  const silentHours = Math.floor((row.silent_seconds ?? 0) / secondsPerHour);
  return outageHours > silentHours ? "collector_outage" : "customer";
}

function hoursWithin(down: readonly Interval[], from: Instant, to: Instant): number {
  return Math.floor(secondsWithin(down, from, to) / secondsPerHour);
}
