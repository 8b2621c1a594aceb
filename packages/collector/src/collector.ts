/**
 * The collector, wired here and nowhere else:
 *
 *     agents ──► /ingest, /state ──► keyring ──► group commit ──► PostgreSQL ──► receipt
 *     operators ──► /api/v1 ──► fleet, billing ──► PostgreSQL
 *     every minute ──► close periods, correct, push to the payment provider; deliver events
 */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import { billingLimitsDefault } from "./billing/billing-context.ts";
import { startBillingJobs } from "./billing/billing-jobs.ts";
import { termsOfInstallation } from "./billing/entitlements-of-installation.ts";
import { knownPeriods } from "./billing/known-periods.ts";
import { markFleetChange } from "./billing/mark-changes.ts";
import { reportDueSeconds } from "./billing/report-due.ts";
import { runDueWork } from "./billing/scheduled.ts";
import { clockRoutes } from "./dev/clock-routes.ts";
import type { MovableClock } from "./dev/movable-clock.ts";
import { openAvailabilityLog, tickIntervalSeconds } from "./fleet/availability.ts";
import { fleetTerms } from "./billing/fleet-terms.ts";
import { tellOfUsage } from "./billing/usage-events.ts";
import { deliverDue } from "./events/deliver.ts";
import { openEvents } from "./events/open-events.ts";
import { eventRetentionDaysDefault, sweepEvents } from "./events/sweep-events.ts";
import { loadIdentity } from "./fleet/collector-identity.ts";
import type { FleetContext } from "./fleet/fleet-context.ts";
import { apiRoutesOf } from "./http/api-routes.ts";
import type { SerializerFor } from "./http/api/answers.ts";
import { type GivenMasterKeys, resolveMasterKey } from "./fleet/master-keys.ts";
import { drained } from "./http/drain.ts";
import { refreshFleetStates } from "./fleet/refresh-states.ts";
import { listen, type ListenOptions } from "./http/listen.ts";
import { evidenceRoutes } from "./http/routes/evidence.ts";
import { openMetrics } from "./http/metrics.ts";
import { metricsRoutes } from "./http/routes/metrics.ts";
import { healthRoutes } from "./http/routes/health.ts";
import { ingestRoutes } from "./http/routes/ingest.ts";
import { webhookRoutes } from "./http/routes/webhooks.ts";
import { buildServer } from "./http/server.ts";
import { releaseDue } from "./ingest/decide.ts";
import { bucketsCountDefault, openIngest } from "./ingest/ingest.ts";
import { openKeyring } from "./ingest/keyring.ts";
import { chainEntries } from "./store/audit-log.ts";
import { openDatabase, type Queryable } from "./store/database.ts";
import { bodyPartitions } from "./store/report-bodies.ts";
import type { Payments } from "./stripe/payments.ts";

/** Keys that are met for the first time, and states: a few statements each. */
const receivingConnections = 6;

export type CollectorOptions = {
  databaseUrl: string;
  masterKey: GivenMasterKeys;
  /** Past the pooler, where one stands before `databaseUrl`: scheduled work listens, which needs a session of its own. */
  databaseDirectUrl?: string;
  listen: Omit<ListenOptions, "encrypted">;
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** The base URL that agents reach it at, when it is not the one it listens on. */
  publicUrl?: string;
  /** Where a suspended customer puts it right; travels in its entitlements. */
  fixUrl?: string;
  clock: Clock;
  /** Given when `clock` is one that may be moved over HTTP. */
  devClock?: MovableClock;
  payments: Payments;
  /** For development alone: webhooks may lead to this machine, over plain HTTP too. */
  eventsToLoopback?: boolean;
  logger: Logger;
  ids: () => string;
  random: (length: number) => Uint8Array;
  /** Transactions of ingest that may run beside each other; a power of two. */
  ingestBuckets?: number;
  /** Events that were delivered are kept so long. */
  eventRetentionDays?: number;
  /** How the API's answers become bytes; whole by default. */
  serializerFor?: SerializerFor;
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
  const { clock, logger, random } = o;
  const database = openDatabase(o.databaseUrl, { connectionsMax: 20 });
  // Connections of its own for what agents ask, and others for what is recorded: whatever the API is asked, they do not
  // wait, and the collector does not take itself for one that was away.
  const receiving = openDatabase(o.databaseUrl, { connectionsMax: receivingConnections });
  const masterKey = await resolveMasterKey(database, o.masterKey, clock.now());
  const identity = await loadIdentity({
    database: receiving,
    masterKey,
    clock,
    ids: o.ids,
    random,
  });
  const instance = o.ids();
  const availability = openAvailabilityLog({ database: receiving, clock, identity, instance });
  let url = o.publicUrl ?? "";
  const fleet: FleetContext = {
    database,
    clock,
    masterKey,
    random,
    publicUrl: () => url,
    onChange: (transaction, change) => markFleetChange(transaction, change, clock.now()),
  };
  const keyring = openKeyring({ database: receiving, masterKey, random });
  const reportDueHours = async (db: Queryable, installation: string, now: Instant) => {
    const seconds = (await reportDueSeconds(db, [installation], now)).get(installation);
    return seconds === undefined ? null : Math.floor(seconds / secondsPerHour);
  };
  const { fixUrl = null } = o;
  const known = knownPeriods();
  const terms = async (db: Queryable, installation: string, now: Instant) => {
    const question = { installation, now, fixUrl, known };
    const { entitlements, plan } = await termsOfInstallation(db, question);
    return { entitlements, ...(plan !== null && { plan }) };
  };
  const partitions = bodyPartitions(receiving);
  const bucketsCount = o.ingestBuckets ?? bucketsCountDefault;
  const recording = openDatabase(o.databaseUrl, {
    connectionsMax: bucketsCount,
    prepared: o.databaseDirectUrl === undefined,
  });
  const reception = {
    database: receiving,
    recording,
    clock,
    identity,
    partitions,
    keyring,
    logger,
    reportDueHours,
    terms,
    bucketsCount,
  };
  const ingest = openIngest(reception);
  const { payments } = o;
  const billing = { database, clock, payments, logger, limits: billingLimitsDefault };
  const allowLoopback = o.eventsToLoopback ?? false;
  const events = openEvents({ database, clock, logger, masterKey, random, allowLoopback });
  const retentionDays = o.eventRetentionDays ?? eventRetentionDaysDefault;
  const sweep = () => sweepEvents({ database, clock, logger, retentionDays });
  const states = { database, clock, terms: fleetTerms };
  const tick = async () => {
    await identity.refresh?.();
    await availability.tick();
    await partitions.ensureAhead(clock.now());
    await chainEntries(database);
    return releaseDue(fleet, (report, error) =>
      logger.error({ err: error, ...report }, "a held report was not released"),
    );
  };
  const settle = async () => {
    const released = await tick();
    const due = await runDueWork(billing);
    await refreshFleetStates(states);
    await tellOfUsage(billing);
    const delivered = await deliverDue(events);
    await sweep();
    return { released, ...due, events: delivered };
  };
  let draining = false;
  const metrics = openMetrics(database, ingest.counts);
  const server = await buildServer({
    database,
    clock,
    logger,
    ...(o.tls && { tls: o.tls }),
    ...(o.serializerFor && { serializerFor: o.serializerFor }),
    isDraining: () => draining,
    behindProxy: o.listen.behindTlsProxy,
    metrics,
    openRoutes: [
      healthRoutes({ database, isDraining: () => draining }),
      ingestRoutes(ingest, clock),
    ],
    apiRoutes: [
      ...apiRoutesOf(fleet, billing),
      webhookRoutes(events),
      evidenceRoutes({ database, clock, identity }),
    ],
    otherRoutes: [
      metricsRoutes(metrics),
      ...(o.devClock ? [clockRoutes({ clock: o.devClock, availability, settle })] : []),
    ],
  });
  const closeServer = drained(server);
  await availability.tick();
  const listening = await listen(server, { ...o.listen, encrypted: o.tls !== undefined });
  url ||= listening;
  const ticks = setInterval(() => {
    tick().catch((error: unknown) => logger.warn({ err: error }, "tick not written"));
  }, tickIntervalSeconds * 1000);
  // A clock that is moved by hand does what is due when it is told to settle.
  const jobs =
    o.devClock === undefined
      ? await startBillingJobs(
          billing,
          o.databaseDirectUrl ?? o.databaseUrl,
          {
            find_fleet_states: async () => void (await refreshFleetStates(states)),
            tell_of_usage: () => tellOfUsage(billing),
            deliver_events: async () => void (await deliverDue(events)),
            sweep_events: async () => void (await sweep()),
          },
          (job, outcome) => metrics.jobEnded(job, outcome, clock.now()),
        )
      : null;
  return {
    url: listening,
    settle,
    close: async () => {
      draining = true;
      clearInterval(ticks);
      await closeServer();
      await jobs?.stop();
      await ingest.idle();
      await availability.tick().catch(() => {});
      for (const one of [recording, receiving, database]) await one.close();
    },
  };
}
