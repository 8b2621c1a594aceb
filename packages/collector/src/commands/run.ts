/** `submeter-collector run`: the collector until it is told to stop; with `--dev` all that it needs beside it. */

import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import { parseInstant } from "@submeter/shared/time/instant";
import { type CollectorOptions, type RunningCollector, startCollector } from "../collector.ts";
import {
  ConfigurationError,
  type Environment,
  type PaymentsConfig,
  readConfig,
} from "../config.ts";
import { startDevEnvironment } from "../dev/dev-environment.ts";
import { type MovableClock, movableClock } from "../dev/movable-clock.ts";
import { openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";
import { noPayments } from "../stripe/no-payments.ts";
import type { Payments } from "../stripe/payments.ts";
import { stripeTimeoutMs } from "../stripe/stripe-client.ts";
import { stripePayments } from "../stripe/stripe-payments.ts";
import { issueFirstToken } from "./init.ts";

export type RunFlags = {
  host: string;
  port: number;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  behindTlsProxy: boolean;
  dev: boolean;
  data?: string | undefined;
  clock?: string | undefined;
};

export type RunOptions = {
  flags: RunFlags;
  environment: Environment;
  clock: Clock;
  logger: Logger;
  ids: () => string;
  random: (length: number) => Uint8Array;
};

/** The line that `--dev` prints when everything is ready, and how to end it. */
export type Running = {
  ready:
    | { url: string; token: string | null; stripe_double_url: string | null; database_url: string }
    | { url: string };
  close(): Promise<void>;
};

export async function runCollector(o: RunOptions): Promise<Running> {
  return o.flags.dev ? runForDevelopment(o) : runForReal(o);
}

async function runForReal(o: RunOptions): Promise<Running> {
  const { flags } = o;
  for (const name of ["data", "clock"] as const) {
    if (flags[name] === undefined) continue;
    throw new ConfigurationError(
      "flag_for_dev_only",
      `--${name} is for --dev only`,
      `leave --${name} out, or add --dev to try the collector out`,
    );
  }
  const config = readConfig(o.environment);
  const payments = paymentsOf(config.payments, o.clock);
  const collector = await startMigrated({
    ...commonOptions(o),
    databaseUrl: config.databaseUrl,
    masterKey: config.masterKeys,
    ...(config.databaseDirectUrl !== null && { databaseDirectUrl: config.databaseDirectUrl }),
    ...(config.ingestBuckets !== null && { ingestBuckets: config.ingestBuckets }),
    eventRetentionDays: config.eventRetentionDays,
    payments,
    ...(config.publicUrl !== null && { publicUrl: config.publicUrl }),
    ...(config.fixUrl !== null && { fixUrl: config.fixUrl }),
  });
  return { ready: { url: collector.url }, close: () => collector.close() };
}

async function runForDevelopment(o: RunOptions): Promise<Running> {
  const { flags } = o;
  const devClock: MovableClock | null =
    flags.clock === undefined ? null : movableClock(parseInstant(flags.clock));
  const clock = devClock ?? o.clock;
  const common = commonOptions(o);
  const dev = await startDevEnvironment({
    directory: flags.data ?? null,
    clock,
    // A movable clock replays the past: nothing then is lost that cannot be replayed again.
    fsync: devClock === null,
    random: o.random,
  });
  try {
    const options: CollectorOptions = {
      ...common,
      clock,
      databaseUrl: dev.databaseUrl,
      masterKey: { bytes: dev.masterKey },
      payments: devPayments(o.environment, dev.stripeUrl, clock),
      eventsToLoopback: true,
      ...(devClock !== null && { devClock }),
    };
    const token = await firstToken(dev.databaseUrl, clock, o.random);
    const collector = await startMigrated(options);
    const ready = {
      url: collector.url,
      token,
      stripe_double_url: dev.stripeUrl,
      database_url: dev.databaseUrl,
    };
    return {
      ready,
      close: async () => {
        await collector.close();
        await dev.stop();
      },
    };
  } catch (error) {
    await dev.stop();
    throw error;
  }
}

function commonOptions(o: RunOptions) {
  const { flags, clock, logger, ids, random } = o;
  const { host, port, behindTlsProxy } = flags;
  const tls = readTls(flags);
  return {
    listen: { host, port, behindTlsProxy },
    ...(tls !== null && { tls }),
    clock,
    logger,
    ids,
    random,
  };
}

async function startMigrated(options: CollectorOptions): Promise<RunningCollector> {
  const url = options.databaseDirectUrl ?? options.databaseUrl;
  const database = openDatabase(url, { connectionsMax: 1 });
  try {
    const { applied } = await migrate(database);
    if (applied.length > 0) options.logger.info({ applied }, "database migrated");
  } finally {
    await database.close();
  }
  return startCollector(options);
}

/** Null when there is an owner already, as when a data folder is used again. */
async function firstToken(
  databaseUrl: string,
  clock: Clock,
  random: (length: number) => Uint8Array,
): Promise<string | null> {
  const database = openDatabase(databaseUrl, { connectionsMax: 1 });
  try {
    await migrate(database);
    return await issueFirstToken({ database, clock, random });
  } finally {
    await database.close();
  }
}

function paymentsOf(config: PaymentsConfig, clock: Clock): Payments {
  if (config.provider === "none") return noPayments;
  const { secretKey, url } = config;
  return stripePayments({ secretKey, url, timeoutMs: stripeTimeoutMs }, clock);
}

function devPayments(environment: Environment, stripeUrl: string, clock: Clock): Payments {
  if (environment["SUBMETER_PAYMENTS"] === "none") return noPayments;
  // The double takes any test key; a real one is never read under --dev.
  const options = {
    secretKey: "sk_test_submeter_double",
    url: stripeUrl,
    timeoutMs: stripeTimeoutMs,
  };
  return stripePayments(options, clock);
}

function readTls(flags: RunFlags): { cert: Buffer; key: Buffer } | null {
  const { tlsCert, tlsKey } = flags;
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new ConfigurationError(
      "tls_incomplete",
      "--tls-cert and --tls-key come together",
      "give both: the certificate with its chain, and its private key, in PEM",
    );
  }
  try {
    return { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  } catch (cause) {
    throw new ConfigurationError(
      "tls_unreadable",
      `the certificate or its key cannot be read: ${cause instanceof Error ? cause.message : ""}`,
      "check the paths, and that the collector's user may read both files",
      { cause },
    );
  }
}
