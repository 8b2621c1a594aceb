/**
 * A page of the fleet, the troubled first, and counts by state of all of it:
 *
 *     small fleet ─► all found anew ─► counts and rows of this moment
 *     large fleet ─► rows of the page, and whose time has come, found anew ─► rows of this moment, counts of the last look
 */

import { accountableSeconds } from "@submeter/shared/coverage/silence";
import type { Instant } from "@submeter/shared/time/instant";
import {
  countFleetStates,
  fleetLookedAt,
  type FleetFilter,
  type FleetState,
  type FleetStateRow,
  isSmallFleet,
  listFleetStates,
} from "../store/fleet-states.ts";
import { outages } from "./availability.ts";
import { type RefreshContext, refreshFleetStates, refreshSome } from "./refresh-states.ts";

/** Up to so many are found anew by whoever asks; all of a larger fleet by the minute's job. */
const smallFleetMax = 1_000;

export type FleetPage = {
  readonly counts: readonly { readonly state: FleetState; readonly count: number }[];
  readonly rows: readonly FleetStateRow[];
  /** When all of the fleet was looked at last: what came since is in the rows, and may not be in the counts. Null: never yet. */
  readonly countedAt: Instant | null;
};

type Wanted = { after: readonly [rank: number, installation: string]; limit: number };

export async function fleetPage(
  context: RefreshContext,
  filter: FleetFilter,
  page: Wanted,
): Promise<FleetPage> {
  const { database, clock } = context;
  const small = await isSmallFleet(database, smallFleetMax);
  if (small) await refreshFleetStates(context);
  const rows = await (small
    ? listFleetStates(database, filter, page)
    : freshRows(context, filter, page));
  const countedAt = await fleetLookedAt(database);
  const counts = await countFleetStates(database, filter);
  return { counts, rows: await silentUntil(context, rows, clock.now()), countedAt };
}

/** Some may leave the page as they are found anew, when it shows some states alone; who follows was looked at last. */
async function freshRows(
  context: RefreshContext,
  filter: FleetFilter,
  page: Wanted,
): Promise<FleetStateRow[]> {
  const { database } = context;
  const rows = await listFleetStates(database, filter, page);
  const ids = rows.map((row) => row.installation_id);
  const found = await refreshSome(context, ids, { patient: false });
  return found === 0 ? rows : listFleetStates(database, filter, page);
}

/** Silence goes on since a row was found, but for the time in which the collector was not there. */
async function silentUntil(
  { database }: RefreshContext,
  rows: readonly FleetStateRow[],
  now: Instant,
): Promise<FleetStateRow[]> {
  const since = rows.reduce((least, row) => Math.min(least, row.refreshed_at), now);
  const lost = await outages(database, since, now);
  return rows.map((row) => ({
    ...row,
    silent_seconds:
      row.silent_seconds === null
        ? null
        : row.silent_seconds + accountableSeconds(row.refreshed_at, now, lost),
  }));
}
