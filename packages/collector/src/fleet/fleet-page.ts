/** A page of the fleet as it is found now: counts by state of all of it, and its rows, the troubled first. */

import { accountableSeconds } from "@submeter/shared/coverage/silence";
import type { Instant } from "@submeter/shared/time/instant";
import {
  countFleetStates,
  type FleetFilter,
  type FleetState,
  type FleetStateRow,
  isSmallFleet,
  listFleetStates,
} from "../store/fleet-states.ts";
import { outages } from "./availability.ts";
import { type RefreshContext, refreshFleetStates } from "./refresh-states.ts";

/** Up to so many are found anew by whoever asks; of a larger fleet the minute's job has done it. */
const smallFleetMax = 1_000;

export type FleetPage = {
  readonly counts: readonly { readonly state: FleetState; readonly count: number }[];
  readonly rows: readonly FleetStateRow[];
};

export async function fleetPage(
  context: RefreshContext,
  filter: FleetFilter,
  page: { after: readonly [rank: number, installation: string]; limit: number },
): Promise<FleetPage> {
  const { database, clock } = context;
  if (await isSmallFleet(database, smallFleetMax)) await refreshFleetStates(context);
  const [counts, rows] = await Promise.all([
    countFleetStates(database, filter),
    listFleetStates(database, filter, page),
  ]);
  return { counts, rows: await silentUntil(context, rows, clock.now()) };
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
