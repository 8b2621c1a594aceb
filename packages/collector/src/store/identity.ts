/** Which collector this is, and the keys that it proves receipts with. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type CollectorKeyRow = {
  public_key: string;
  sealed_seed: Buffer;
  master_key_version: number;
  state: "active" | "retired";
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

/** Newest first. */
export async function collectorKeys(database: Queryable): Promise<CollectorKeyRow[]> {
  return database.query<CollectorKeyRow>(
    "select public_key, sealed_seed, master_key_version, state from collector_keys order by created_at desc, public_key",
  );
}

export async function insertCollectorKey(
  transaction: Queryable,
  key: { publicKey: string; sealedSeed: Buffer; masterKeyVersion: number },
  now: Instant,
): Promise<void> {
  await transaction.query(
    `insert into collector_keys (public_key, sealed_seed, master_key_version, state, created_at)
     values ($1, $2, $3, 'active', to_timestamp($4))`,
    [key.publicKey, key.sealedSeed, key.masterKeyVersion, now],
  );
}
