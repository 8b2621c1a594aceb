/** Which master keys there are, and what each of them has sealed. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type MasterKeyRow = { version: number; fingerprint: string };

/** One number for one purpose, held until the end of the transaction: works behind a pooler too. */
const lock = "hashtext('submeter master key')";

/** Who seals holds it with others; a rotation that begins waits for them, and they for it. */
export async function lockMasterKeys(
  transaction: Queryable,
  mode: "shared" | "exclusive",
): Promise<void> {
  await transaction.query(
    `select pg_advisory_xact_lock${mode === "shared" ? "_shared" : ""}(${lock})`,
  );
}

/** The newest last. */
export async function masterKeys(database: Queryable): Promise<MasterKeyRow[]> {
  return database.query<MasterKeyRow>(
    "select version, fingerprint from master_keys order by version",
  );
}

export async function insertMasterKey(
  transaction: Queryable,
  key: MasterKeyRow,
  now: Instant,
): Promise<void> {
  await transaction.query(
    "insert into master_keys (version, fingerprint, created_at) values ($1, $2, to_timestamp($3))",
    [key.version, key.fingerprint, now],
  );
}

/** A sealed secret wherever it stands: the purpose that it was sealed for, and its row. */
export type SealedRow = { place: string; purpose: string[]; sealed: Buffer };

/** Every table that holds sealed secrets, and what each of them was sealed for. */
const sealedTables = [
  {
    name: "installation_keys",
    column: "sealed",
    purpose: "array['installation-key', installation_id, installation_id || '.' || number]",
  },
  {
    name: "collector_keys",
    column: "sealed_seed",
    purpose: "array['collector-key', (select collector::text from collector_identity)]",
  },
  {
    name: "webhook_secrets",
    column: "sealed",
    purpose: "array['webhook-secret', endpoint_id, number::text]",
  },
] as const;

export type SealedTable = (typeof sealedTables)[number];

export function tablesOfSecrets(): readonly SealedTable[] {
  return sealedTables;
}

export async function countSealedBefore(
  database: Queryable,
  table: SealedTable,
  version: number,
): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select count(*)::int as count from ${table.name} where master_key_version < $1`,
    [version],
  );
  return row?.count ?? 0;
}

/** Locked until the transaction ends. */
export async function takeSealedBefore(
  transaction: Queryable,
  table: SealedTable,
  version: number,
  limit: number,
): Promise<SealedRow[]> {
  return transaction.query<SealedRow>(
    `select ctid::text as place, ${table.purpose} as purpose, ${table.column} as sealed from ${table.name}
      where master_key_version < $1 limit $2 for update`,
    [version, limit],
  );
}

export async function writeSealed(
  transaction: Queryable,
  table: SealedTable,
  rows: readonly { place: string; sealed: Buffer }[],
  version: number,
): Promise<void> {
  await transaction.query(
    `update ${table.name} t set ${table.column} = n.sealed, master_key_version = $3
       from unnest($1::tid[], $2::bytea[]) as n (place, sealed) where t.ctid = n.place`,
    [rows.map(({ place }) => place), rows.map(({ sealed }) => sealed), version],
  );
}
