/**
 * The collector, wired here and nowhere else:
 *
 *     agents ──► /ingest, /state ──► keyring ──► group commit ──► PostgreSQL ──► receipt
 *     operators ──► /api/v1 ──► fleet, billing ──► PostgreSQL
 *     every minute ──► close periods, correct, push to the payment provider
 */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import { clockRoutes } from "./dev/clock-routes.ts";
import type { MovableClock } from "./dev/movable-clock.ts";
import { openAvailabilityLog, tickIntervalSeconds } from "./fleet/availability.ts";
import { loadIdentity } from "./fleet/collector-identity.ts";
import type { FleetContext } from "./fleet/fleet-context.ts";
import type { MasterKey } from "./fleet/sealed-secrets.ts";
import { listen, type ListenOptions } from "./http/listen.ts";
import { customerRoutes } from "./http/routes/customers.ts";
import { healthRoutes } from "./http/routes/health.ts";
import { ingestRoutes } from "./http/routes/ingest.ts";
import { installationRoutes } from "./http/routes/installations.ts";
import { buildServer } from "./http/server.ts";
import { openIngest } from "./ingest/ingest.ts";
import { openKeyring } from "./ingest/keyring.ts";
import { openDatabase } from "./store/database.ts";

export type CollectorOptions = {
  databaseUrl: string;
  masterKey: MasterKey;
  listen: Omit<ListenOptions, "encrypted">;
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** The base URL that agents reach it at, when it is not the one it listens on. */
  publicUrl?: string;
  clock: Clock;
  /** Given when `clock` is one that may be moved over HTTP. */
  devClock?: MovableClock;
  logger: Logger;
  ids: () => string;
  random: (length: number) => Uint8Array;
};

export type RunningCollector = {
  readonly url: string;
  /** Takes nothing new, answers what is under way, lets go of everything. */
  close(): Promise<void>;
  /** Runs what is due now: releases, closes, corrections, pushes. */
  settle(): Promise<object>;
};

/** The database must have been migrated. */
export async function startCollector(o: CollectorOptions): Promise<RunningCollector> {
  const { clock, logger, masterKey, random } = o;
  const database = openDatabase(o.databaseUrl, { connectionsMax: 20 });
  const identity = await loadIdentity({ database, masterKey, clock, ids: o.ids, random });
  const { collector, signer } = identity;
  const log = { database, clock, collector, signer, instance: o.ids() };
  const availability = openAvailabilityLog(log);
  let url = o.publicUrl ?? "";
  const fleet: FleetContext = {
    database,
    clock,
    masterKey,
    random,
    publicUrl: () => url,
    onChange: async () => {},
  };
  const keyring = openKeyring({ database, masterKey, random });
  const reportDueHours = async () => null;
  const ingest = openIngest({ database, clock, identity, keyring, logger, reportDueHours });
  const settle = async () => {
    await availability.tick();
    return {};
  };
  let draining = false;
  const server = await buildServer({
    database,
    clock,
    logger,
    ...(o.tls && { tls: o.tls }),
    openRoutes: [healthRoutes({ database, isDraining: () => draining }), ingestRoutes(ingest)],
    adminRoutes: [
      customerRoutes(fleet),
      installationRoutes(fleet),
      ...(o.devClock ? [clockRoutes({ clock: o.devClock, availability, settle })] : []),
    ],
  });
  await availability.tick();
  const listening = await listen(server, { ...o.listen, encrypted: o.tls !== undefined });
  url ||= listening;
  const ticks = setInterval(() => {
    availability.tick().catch((error: unknown) => logger.warn({ err: error }, "tick not written"));
  }, tickIntervalSeconds * 1000);
  return {
    url: listening,
    settle,
    close: async () => {
      draining = true;
      clearInterval(ticks);
      await server.close();
      await ingest.idle();
      await availability.tick().catch(() => {});
      await database.close();
    },
  };
}
