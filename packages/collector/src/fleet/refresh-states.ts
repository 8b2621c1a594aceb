/**
 * Finds the fleet's states anew where they may have changed, and tells what they turned into:
 *
 *   stale rows ─► overview ─► state before, state now ─► row and events, in one transaction
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { Clock } from "@submeter/shared/time/clock";
import type { Database, Queryable } from "../store/database.ts";
import { recordEvents } from "../store/events.ts";
import {
  fleetStatesOf,
  type FleetStateRow,
  lockFleetStates,
  noteFleetLook,
  saveFleetStates,
  type Stale,
  staleAmong,
  staleFleetStates,
  tryLockFleetStates,
} from "../store/fleet-states.ts";
import { findInstallations } from "../store/installations.ts";
import { eventsOfTurn } from "./fleet-events.ts";
import { type FleetItem, fleetOverview } from "./overview.ts";

/** What contracts say of silence, by installation. */
export type FleetTerms = (
  db: Queryable,
  installations: readonly string[],
  now: Instant,
) => Promise<{
  reportDueSeconds: ReadonlyMap<string, number>;
  firstReportDue: ReadonlyMap<string, Instant>;
  /** By installation, the contract of which nothing could be read. */
  unreadable: ReadonlyMap<string, string>;
}>;

export type RefreshContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly terms: FleetTerms;
};

const batch = 500;
/** A whole large fleet, after the collector was away. */
const batchesMax = 1_000;

/** All of the fleet. Answers how many were found anew. */
export async function refreshFleetStates(context: RefreshContext): Promise<number> {
  let refreshed = 0;
  for (let count = 0; count < batchesMax; count += 1) {
    const found = await context.database.transaction(async (db) => {
      await lockFleetStates(db);
      const now = context.clock.now();
      const stale = await staleFleetStates(db, now, batch);
      await findAnew(context, db, stale, now);
      if (stale.length < batch) await noteFleetLook(db, now);
      return stale.length;
    });
    refreshed += found;
    if (found < batch) break;
  }
  return refreshed;
}

/**
 * These alone, and some of those whose time has come: what a person looks at is of this moment, however large the fleet.
 * Answers how many were found anew; none when another is at it and `patient` is false.
 */
export async function refreshSome(
  context: RefreshContext,
  installations: readonly string[],
  { patient }: { patient: boolean },
): Promise<number> {
  return context.database.transaction(async (db) => {
    if (patient) await lockFleetStates(db);
    else if (!(await tryLockFleetStates(db))) return 0;
    const now = context.clock.now();
    const stale = await staleAmong(db, installations, now, batch);
    await findAnew(context, db, stale, now);
    return stale.length;
  });
}

async function findAnew(
  { terms }: RefreshContext,
  db: Queryable,
  stale: readonly Stale[],
  now: Instant,
): Promise<void> {
  if (stale.length === 0) return;
  const ids = stale.map(({ id }) => id);
  const installations = await findInstallations(db, ids);
  const { unreadable, ...agreed } = await terms(db, ids, now);
  const items = await fleetOverview({ database: db, now, ...agreed }, installations);
  const before = new Map(
    (await fleetStatesOf(db, ids)).map((row) => [row.installation_id, row] as const),
  );
  const revisions = new Map(stale.map(({ id, revision }) => [id, revision]));
  const rows = items.map((item) =>
    rowOf(item, before.get(item.installation) ?? null, {
      revision: revisions.get(item.installation) ?? 0,
      unreadable: unreadable.get(item.installation) ?? null,
      now,
    }),
  );
  await saveFleetStates(db, rows);
  const events = items.flatMap((item) => {
    const row = before.get(item.installation);
    return row === undefined ? [] : eventsOfTurn(row, item, now);
  });
  await recordEvents(db, events, now);
}

function rowOf(
  item: FleetItem,
  before: FleetStateRow | null,
  { revision, unreadable, now }: { revision: number; unreadable: string | null; now: Instant },
): Omit<FleetStateRow, "rank"> {
  return {
    installation_id: item.installation,
    customer_id: item.customer,
    state: item.state,
    since: before?.state === item.state ? before.since : now,
    last_covered: item.lastCovered,
    silent_from: item.silentFrom,
    silent_seconds: item.silentSeconds,
    fallback_from: item.fallbackFrom,
    journals_expected: item.journals.expected,
    journals_dead: item.journals.dead,
    backlog: item.backlog,
    agent_version: item.agentVersion,
    clock_skew_ms: item.clockSkewMs,
    disk_free_bytes: item.diskFreeBytes,
    quarantined: item.quarantined,
    unreadable_contract: unreadable,
    next_at: item.nextAt,
    revision,
    refreshed_at: now,
  };
}
