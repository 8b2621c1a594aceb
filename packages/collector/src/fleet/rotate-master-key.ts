/** Makes the next master key the one that seals, and seals anew in batches what the one before it had sealed. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { audit } from "../store/audit.ts";
import type { Database } from "../store/database.ts";
import {
  countSealedBefore,
  insertMasterKey,
  lockMasterKeys,
  masterKeys,
  type SealedTable,
  tablesOfSecrets,
  takeSealedBefore,
  writeSealed,
} from "../store/master-keys.ts";
import type { Actor } from "./fleet-context.ts";
import { fingerprintOf, type GivenMasterKeys, resolveMasterKey } from "./master-keys.ts";
import { type MasterKey, openSecret, sealSecret } from "./sealed-secrets.ts";

export type Rotated = {
  readonly from: number;
  readonly to: number;
  /** How many secrets were sealed anew, by this run. */
  readonly sealed: number;
};

const batchRows = 200;

/**
 * May be broken off and run again: it goes on where it was. Each batch is a transaction of its own, so that nobody who
 * reports or issues a key waits for more than one. Throws `master_key_previous_missing`, `master_key_mismatch`.
 */
export async function rotateMasterKey(o: {
  database: Database;
  clock: Clock;
  random: (length: number) => Uint8Array;
  given: GivenMasterKeys;
  actor: Actor;
  reason: string;
  onProgress?: (done: number, all: number) => void;
}): Promise<Rotated> {
  const { database, clock, given } = o;
  if (!given.previous) throw previousMissing();
  const before = await resolveMasterKey(database, given, clock.now());
  const next = await makeNewest(o, before);
  const all = await sum(tablesOfSecrets(), (table) =>
    countSealedBefore(database, table, next.version),
  );
  let sealed = 0;
  o.onProgress?.(0, all);
  for (const table of tablesOfSecrets()) {
    for (;;) {
      const batch = await sealBatch(o, table, next);
      if (batch === 0) break;
      sealed += batch;
      o.onProgress?.(sealed, all);
    }
  }
  const rotated = { from: next.version - 1, to: next.version, sealed };
  if (sealed > 0) {
    await audit(database, {
      at: clock.now(),
      who: o.actor.name,
      action: "master_key.rotated",
      subject: "collector",
      reason: o.reason,
      before: { version: rotated.from },
      after: { version: rotated.to, sealed },
    });
  }
  return rotated;
}

/** After it nobody seals with the key before: who was about to has committed, who comes sees the new one. */
async function makeNewest(
  o: { database: Database; clock: Clock; given: GivenMasterKeys },
  before: MasterKey,
): Promise<MasterKey> {
  const fingerprint = fingerprintOf(o.given.bytes);
  return o.database.transaction(async (transaction) => {
    await lockMasterKeys(transaction, "exclusive");
    const known = await masterKeys(transaction);
    const newest = known.at(-1);
    if (newest?.fingerprint === fingerprint) {
      return { ...before, version: newest.version, bytes: o.given.bytes };
    }
    if (known.some((key) => key.fingerprint === fingerprint)) throw usedBefore();
    const version = before.version + 1;
    await insertMasterKey(transaction, { version, fingerprint }, o.clock.now());
    const { others: _none, ...old } = before;
    return { version, bytes: o.given.bytes, others: [old] };
  });
}

async function sealBatch(
  o: { database: Database; random: (length: number) => Uint8Array },
  table: SealedTable,
  key: MasterKey,
): Promise<number> {
  return o.database.transaction(async (transaction) => {
    const rows = await takeSealedBefore(transaction, table, key.version, batchRows);
    const anew = rows.map(({ place, purpose, sealed }) => {
      const secret = openSecret(key, purpose, sealed);
      return { place, sealed: sealSecret(key, purpose, secret, o.random(12)) };
    });
    if (anew.length > 0) await writeSealed(transaction, table, anew, key.version);
    return anew.length;
  });
}

async function sum<Item>(
  items: readonly Item[],
  count: (item: Item) => Promise<number>,
): Promise<number> {
  let all = 0;
  for (const item of items) all += await count(item);
  return all;
}

function previousMissing(): SubmeterError {
  return new SubmeterError(
    "master_key_previous_missing",
    "a rotation needs both keys: SUBMETER_MASTER_KEY is the new one, SUBMETER_MASTER_KEY_PREVIOUS the one before",
    "give both to every collector first, start each of them anew, and then run this with both",
  );
}

function usedBefore(): SubmeterError {
  return new SubmeterError(
    "master_key_used_before",
    "SUBMETER_MASTER_KEY is a key that was rotated out already",
    "make a new one with `openssl rand -base64 32`; SUBMETER_MASTER_KEY is the new key, SUBMETER_MASTER_KEY_PREVIOUS the one in use",
  );
}
