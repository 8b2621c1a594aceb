/** HMAC keys of installations, sealed, and the history of their states. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type KeyState = "active" | "verify-only" | "compromised" | "removed";

export type InstallationKeyRow = {
  installation_id: string;
  number: string;
  sealed: Buffer;
  master_key_version: number;
  state: KeyState;
  compromised_from: Instant | null;
  created_at: Instant;
  state_changed_at: Instant;
};

const columns =
  "installation_id, number, sealed, master_key_version, state, compromised_from, created_at, state_changed_at";

export async function insertKey(
  transaction: Queryable,
  key: { installation: string; number: string; sealed: Buffer; masterKeyVersion: number },
  now: Instant,
): Promise<void> {
  await transaction.query(
    `insert into installation_keys
       (installation_id, number, sealed, master_key_version, state, created_at, state_changed_at)
     values ($1, $2, $3, $4, 'active', to_timestamp($5), to_timestamp($5))`,
    [key.installation, key.number, key.sealed, key.masterKeyVersion, now],
  );
  await recordKeyEvent(transaction, { ...key, state: "active" }, now);
}

/** Oldest first; `removed` ones too. */
export async function keysOf(
  database: Queryable,
  installations: readonly string[],
): Promise<InstallationKeyRow[]> {
  return database.query<InstallationKeyRow>(
    `select ${columns} from installation_keys where installation_id = any($1)
      order by installation_id, created_at, number`,
    [installations],
  );
}

/** Null when it is unknown or removed, which nobody outside can tell apart. */
export async function findUsableKey(
  database: Queryable,
  installation: string,
  number: string,
): Promise<InstallationKeyRow | null> {
  const rows = await database.query<InstallationKeyRow>(
    `select ${columns} from installation_keys
      where installation_id = $1 and number = $2 and state <> 'removed'`,
    [installation, number],
  );
  return rows[0] ?? null;
}

/** Of many at once; without those that are unknown or were removed. */
export async function findUsableKeys(
  database: Queryable,
  names: readonly { installation: string; number: string }[],
): Promise<InstallationKeyRow[]> {
  return database.query<InstallationKeyRow>(
    `select ${columns} from installation_keys
      where (installation_id, number) in (select * from unnest($1::text[], $2::text[])) and state <> 'removed'`,
    [names.map(({ installation }) => installation), names.map(({ number }) => number)],
  );
}

export async function setKeyState(
  transaction: Queryable,
  key: { installation: string; number: string; state: KeyState },
  now: Instant,
): Promise<void> {
  await transaction.query(
    `update installation_keys set state = $3, state_changed_at = to_timestamp($4),
            compromised_from = case when $3 = 'compromised' then to_timestamp($4) end
      where installation_id = $1 and number = $2`,
    [key.installation, key.number, key.state, now],
  );
  await recordKeyEvent(transaction, key, now);
}

export type KeyEventRow = { number: string; state: KeyState; at: Instant };

/** Of each installation in the order in which they happened. */
export async function keyEventsOf(
  database: Queryable,
  installations: readonly string[],
): Promise<(KeyEventRow & { installation_id: string })[]> {
  return database.query<KeyEventRow & { installation_id: string }>(
    `select installation_id, number, state, at from installation_key_events
      where installation_id = any($1) order by installation_id, id`,
    [installations],
  );
}

async function recordKeyEvent(
  transaction: Queryable,
  key: { installation: string; number: string; state: KeyState },
  now: Instant,
): Promise<void> {
  await transaction.query(
    `insert into installation_key_events (installation_id, number, state, at)
     values ($1, $2, $3, to_timestamp($4))`,
    [key.installation, key.number, key.state, now],
  );
}
