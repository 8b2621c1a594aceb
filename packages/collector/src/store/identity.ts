/** Which collector this is, and the keys that it proves receipts with. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type CollectorKeyRow = {
  public_key: string;
  sealed_seed: Buffer;
  master_key_version: number;
  state: "announced" | "active" | "retired" | "compromised";
  created_at: Instant;
  retired_at: Instant | null;
};

/** The collector's id; `candidate` becomes it when there is none yet. */
export async function collectorId(
  transaction: Queryable,
  candidate: string,
  now: Instant,
): Promise<string> {
  await transaction.query(
    "insert into collector_identity (collector, created_at) values ($1, to_timestamp($2)) on conflict do nothing",
    [candidate, now],
  );
  const [row] = await transaction.query<{ collector: string }>(
    "select collector from collector_identity for update",
  );
  if (row === undefined) throw new RangeError("the collector has no identity");
  return row.collector;
}

/** Null while the database has never had a collector. */
export async function knownCollector(database: Queryable): Promise<string | null> {
  const [row] = await database.query<{ collector: string }>(
    "select collector from collector_identity",
  );
  return row?.collector ?? null;
}

/** As {@link knownCollector}, locked until the transaction ends: one changes the keys at a time. */
export async function lockIdentity(transaction: Queryable): Promise<string | null> {
  const [row] = await transaction.query<{ collector: string }>(
    "select collector from collector_identity for update",
  );
  return row?.collector ?? null;
}

/** Newest first. */
export async function collectorKeys(database: Queryable): Promise<CollectorKeyRow[]> {
  return database.query<CollectorKeyRow>(
    "select public_key, sealed_seed, master_key_version, state, created_at, retired_at from collector_keys order by created_at desc, public_key",
  );
}

export async function insertCollectorKey(
  transaction: Queryable,
  key: {
    publicKey: string;
    sealedSeed: Buffer;
    masterKeyVersion: number;
    state: "announced" | "active";
  },
  now: Instant,
): Promise<void> {
  await transaction.query(
    `insert into collector_keys (public_key, sealed_seed, master_key_version, state, created_at)
     values ($1, $2, $3, $4, to_timestamp($5))`,
    [key.publicKey, key.sealedSeed, key.masterKeyVersion, key.state, now],
  );
}

/** The active one ends so, and the announced one signs from now on. */
export async function activateAnnounced(
  transaction: Queryable,
  ends: "retired" | "compromised",
  now: Instant,
): Promise<void> {
  await transaction.query(
    "update collector_keys set state = $1, retired_at = to_timestamp($2) where state = 'active'",
    [ends, now],
  );
  await transaction.query("update collector_keys set state = 'active' where state = 'announced'");
}

/** What each state says of the collector has changed: every agent asks for a new one. */
export async function bumpAllStateRevisions(transaction: Queryable): Promise<void> {
  await transaction.query("update installations set state_revision = state_revision + 1");
}
