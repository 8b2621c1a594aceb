/** The environment, read and checked in one place. Secrets may also lie in a file that a variable `…_FILE` names. */

import { readFileSync } from "node:fs";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** A start-up that a person has to put right: the program says how, and exits with 2. */
export class ConfigurationError extends SubmeterError {}

export type Environment = Readonly<Record<string, string | undefined>>;

export type PaymentsConfig =
  | { provider: "none" }
  | { provider: "stripe"; secretKey: string; url: string | null };

/** 32 bytes each; the previous one only while the new one takes its place. */
export type MasterKeysConfig = { bytes: Uint8Array; previous: Uint8Array | null };

export type Config = {
  databaseUrl: string;
  masterKeys: MasterKeysConfig;
  /** Past a connection pooler in transaction mode, when one stands before `databaseUrl`. */
  databaseDirectUrl: string | null;
  /** A power of two; null for the usual number. */
  ingestBuckets: number | null;
  /** Days that events are kept. */
  eventRetentionDays: number;
  payments: PaymentsConfig;
  publicUrl: string | null;
  /** Where a suspended customer puts it right. */
  fixUrl: string | null;
  logLevel: string;
};

/** The real environment, as other files may not read it. */
export function programEnvironment(): Environment {
  return process.env;
}

/** Throws `database_url_missing`, `master_key_missing`, `master_key_malformed`, `payments_unset`, `stripe_key_missing`. */
export function readConfig(environment: Environment): Config {
  return {
    databaseUrl: readDatabaseUrl(environment),
    masterKeys: readMasterKeys(environment),
    databaseDirectUrl: readDatabaseDirectUrl(environment),
    ingestBuckets: readIngestBuckets(environment),
    eventRetentionDays: readEventRetentionDays(environment),
    payments: readPayments(environment),
    publicUrl: environment["SUBMETER_PUBLIC_URL"] ?? null,
    fixUrl: valueOf(environment, "SUBMETER_FIX_URL"),
    logLevel: readLogLevel(environment),
  };
}

export function readDatabaseUrl(environment: Environment): string {
  const url = valueOf(environment, "DATABASE_URL");
  if (url !== null) return url;
  throw new ConfigurationError(
    "database_url_missing",
    "DATABASE_URL is not set: the collector does not know where its PostgreSQL is",
    "set DATABASE_URL=postgresql://user:password@host:5432/database (PostgreSQL 15 to 18), or start it with --dev to try it out",
  );
}

/** Null when `DATABASE_URL` leads to PostgreSQL itself. */
export function readDatabaseDirectUrl(environment: Environment): string | null {
  return valueOf(environment, "DATABASE_DIRECT_URL");
}

const eventRetentionDays = { usual: 90, min: 7, max: 3650 };

/** Throws `event_retention_malformed`. */
function readEventRetentionDays(environment: Environment): number {
  const text = valueOf(environment, "SUBMETER_EVENT_RETENTION_DAYS");
  if (text === null) return eventRetentionDays.usual;
  const days = Number(text);
  const { min, max } = eventRetentionDays;
  if (/^\d+$/.test(text) && days >= min && days <= max) return days;
  throw new ConfigurationError(
    "event_retention_malformed",
    `SUBMETER_EVENT_RETENTION_DAYS is no whole number from ${min} to ${max}`,
    "leave it out for 90 days; what could not be delivered is kept four times as long",
  );
}

const ingestBucketsMax = 128;

function readIngestBuckets(environment: Environment): number | null {
  const text = valueOf(environment, "SUBMETER_INGEST_BUCKETS");
  if (text === null) return null;
  const count = Number(text);
  if (Number.isInteger(Math.log2(count)) && count >= 1 && count <= ingestBucketsMax) return count;
  throw new ConfigurationError(
    "ingest_buckets_malformed",
    `SUBMETER_INGEST_BUCKETS is no power of two from 1 to ${ingestBucketsMax}`,
    "leave it out on one PostgreSQL; on Citus set it to the number of shards, such as 32",
  );
}

export function readLogLevel(environment: Environment): string {
  return environment["LOG_LEVEL"] ?? "info";
}

export function readMasterKeys(environment: Environment): MasterKeysConfig {
  const bytes = readKey(environment, "SUBMETER_MASTER_KEY");
  if (bytes !== null) {
    return { bytes, previous: readKey(environment, "SUBMETER_MASTER_KEY_PREVIOUS") };
  }
  throw new ConfigurationError(
    "master_key_missing",
    "SUBMETER_MASTER_KEY is not set: keys of installations are sealed with it",
    "make one with `openssl rand -base64 32`, keep it apart from the database, and set SUBMETER_MASTER_KEY or SUBMETER_MASTER_KEY_FILE",
  );
}

/** Base64, base64url or hex of 32 bytes; null when it is not set. */
function readKey(environment: Environment, name: string): Uint8Array | null {
  const text = valueOf(environment, name);
  if (text === null) return null;
  const bytes = /^[0-9a-fA-F]{64}$/.test(text)
    ? Buffer.from(text, "hex")
    : Buffer.from(text, "base64");
  if (bytes.length === 32) return Uint8Array.from(bytes);
  throw new ConfigurationError(
    "master_key_malformed",
    `${name} is not 32 bytes in base64 or hex`,
    "make one with `openssl rand -base64 32`",
  );
}

const retentionYearsDefault = 7;

/** Throws `retention_malformed`. */
export function readEvidenceRetentionYears(environment: Environment): number {
  const text = environment["SUBMETER_EVIDENCE_RETENTION_YEARS"];
  if (text === undefined || text === "") return retentionYearsDefault;
  if (/^[1-9][0-9]?$/.test(text)) return Number(text);
  throw new ConfigurationError(
    "retention_malformed",
    `SUBMETER_EVIDENCE_RETENTION_YEARS is ${JSON.stringify(text)}, which is no number of years`,
    "set it to a whole number from 1 to 99; 7 is usual, and taken when it is absent",
  );
}

export function readPayments(environment: Environment): PaymentsConfig {
  const provider = environment["SUBMETER_PAYMENTS"];
  if (provider === "none") return { provider };
  if (provider !== "stripe") {
    throw new ConfigurationError(
      "payments_unset",
      provider === undefined
        ? "SUBMETER_PAYMENTS is not set: it is not known who collects the money"
        : `SUBMETER_PAYMENTS is ${JSON.stringify(provider)}, which is no provider`,
      "set SUBMETER_PAYMENTS=stripe with STRIPE_SECRET_KEY, or SUBMETER_PAYMENTS=none to book invoices without pushing them",
    );
  }
  const secretKey = valueOf(environment, "STRIPE_SECRET_KEY");
  if (secretKey === null) {
    throw new ConfigurationError(
      "stripe_key_missing",
      "SUBMETER_PAYMENTS is stripe and STRIPE_SECRET_KEY is not set",
      "set STRIPE_SECRET_KEY or STRIPE_SECRET_KEY_FILE; a restricted key that may write customers, invoices and credit notes is enough",
    );
  }
  return { provider, secretKey, url: environment["STRIPE_API_URL"] ?? null };
}

/** The variable, or the content of the file that `<name>_FILE` names, without white space around it. */
function valueOf(environment: Environment, name: string): string | null {
  const file = environment[`${name}_FILE`];
  const given = environment[name];
  if (given !== undefined && given.trim() !== "") return given.trim();
  if (file === undefined || file === "") return null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigurationError(
      "secret_file_unreadable",
      `${name}_FILE names ${file}, which cannot be read`,
      "check that the file is there and that the collector's user may read it",
      { cause },
    );
  }
}
