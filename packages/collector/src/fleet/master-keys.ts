/**
 * The master key and the one that follows it. A rotation without downtime:
 *
 *     every process gets both keys ─► rotate: the new one seals from then on, the old one's secrets are sealed anew
 *                                  ─► every process gets the new one alone
 *
 * Until it is rotated the key that all processes have is sealed with, whichever of them is named first.
 */

import { createHmac } from "node:crypto";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Instant } from "@submeter/shared/time/instant";
import type { Database, Queryable } from "../store/database.ts";
import { collectorKeys, knownCollector } from "../store/identity.ts";
import { insertMasterKey, lockMasterKeys, masterKeys } from "../store/master-keys.ts";
import { type MasterKey, tryOpen } from "./sealed-secrets.ts";

/** As the environment gives them: 32 bytes each. */
export type GivenMasterKeys = {
  readonly bytes: Uint8Array;
  readonly previous?: Uint8Array | null;
};

/**
 * The given keys under their versions, the one that seals first. A new database takes the key that it is opened with
 * as its first. Throws `master_key_mismatch` when the one that seals was not given.
 */
export async function resolveMasterKey(
  database: Database,
  given: GivenMasterKeys,
  now: Instant,
): Promise<MasterKey> {
  return database.transaction(async (transaction) => {
    await lockMasterKeys(transaction, "exclusive");
    const known = await masterKeys(transaction);
    if (known.length === 0) {
      const first = { version: 1, bytes: await firstOf(transaction, given) };
      const fingerprint = fingerprintOf(first.bytes);
      await insertMasterKey(transaction, { version: 1, fingerprint }, now);
      known.push({ version: 1, fingerprint });
    }
    return chosen(known, given);
  });
}

/** The key that seals now: in `transaction`, which a rotation waits for. Throws `master_key_mismatch`. */
export async function sealingKey(transaction: Queryable, masterKey: MasterKey): Promise<MasterKey> {
  await lockMasterKeys(transaction, "shared");
  const newest = (await masterKeys(transaction)).at(-1);
  const held = [masterKey, ...(masterKey.others ?? [])];
  const key = held.find(({ version }) => version === newest?.version);
  if (key === undefined) throw notGiven(newest?.version ?? 1);
  return key;
}

export function fingerprintOf(bytes: Uint8Array): string {
  return createHmac("sha256", bytes).update("submeter-master-key").digest("hex");
}

function chosen(
  known: readonly { version: number; fingerprint: string }[],
  given: GivenMasterKeys,
): MasterKey {
  const newest = known.at(-1)?.version ?? 1;
  const held = [given.bytes, ...(given.previous ? [given.previous] : [])].map((bytes) => {
    const fingerprint = fingerprintOf(bytes);
    const version = known.find((key) => key.fingerprint === fingerprint)?.version;
    // One that nobody has sealed with yet is the next.
    return { version: version ?? newest + 1, bytes };
  });
  const sealing = held.find(({ version }) => version === newest);
  if (sealing === undefined) throw notGiven(newest);
  return { ...sealing, others: held.filter((key) => key !== sealing) };
}

/** A database from before there were versions: whichever opens what it holds. */
async function firstOf(transaction: Queryable, given: GivenMasterKeys): Promise<Uint8Array> {
  const collector = await knownCollector(transaction);
  const [key] = await collectorKeys(transaction);
  if (collector === null || key === undefined) return given.bytes;
  const purpose = ["collector-key", collector];
  const candidates = [given.bytes, ...(given.previous ? [given.previous] : [])];
  const fits = candidates.find(
    (bytes) => tryOpen({ version: 1, bytes }, purpose, key.sealed_seed) !== null,
  );
  if (fits === undefined) throw notGiven(1);
  return fits;
}

function notGiven(version: number): SubmeterError {
  return new SubmeterError(
    "master_key_mismatch",
    `the secrets of this database are sealed with master key ${version}, which this process was not given`,
    "set SUBMETER_MASTER_KEY to the key that this database was set up with, and during a rotation SUBMETER_MASTER_KEY_PREVIOUS to the one before",
  );
}
