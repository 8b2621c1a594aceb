/** The collector as agents know it: an id, a key that signs proofs, and all public keys that it answers for. */

import type { Clock } from "@submeter/shared/time/clock";
import { secondsPerDay } from "@submeter/shared/time/instant";
import { proofSigner, type ProofSigner } from "@submeter/shared/wire/ed25519";
import type { Database, Queryable } from "../store/database.ts";
import {
  type CollectorKeyRow,
  collectorId,
  collectorKeys,
  insertCollectorKey,
} from "../store/identity.ts";
import { sealingKey } from "./master-keys.ts";
import { type MasterKey, openSecret, sealSecret } from "./sealed-secrets.ts";

export type CollectorIdentity = {
  /** A UUID, made once; it stays through restarts, replicas and restored backups. */
  readonly collector: string;
  readonly signer: ProofSigner;
  /** Of states: for a while after a rotation still the key before, which an agent that heard of no other one trusts. */
  readonly stateSigner?: ProofSigner;
  /** The signer's own first. */
  readonly publicKeys: readonly string[];
  /** Looks whether the keys were rotated meanwhile. */
  readonly refresh?: () => Promise<void>;
};

type Keys = Required<Pick<CollectorIdentity, "signer" | "stateSigner" | "publicKeys">>;

/** An agent asks for a state every 24 hours; one whose states travel in files may take a season. */
const statesByKeyBeforeSeconds = 90 * secondsPerDay;

/** Reads the identity; makes it when the database is new. Throws `master_key_mismatch`. */
export async function loadIdentity(o: {
  database: Database;
  masterKey: MasterKey;
  clock: Clock;
  ids: () => string;
  random: (length: number) => Uint8Array;
}): Promise<CollectorIdentity> {
  const collector = await o.database.transaction(async (transaction) => {
    // The row lock makes replicas that start together wait for the first one's key.
    const id = await collectorId(transaction, o.ids(), o.clock.now());
    const known = await collectorKeys(transaction);
    if (!known.some(({ state }) => state === "active")) await makeKey(transaction, id, "active", o);
    return id;
  });
  let read = "";
  let keys: Keys;
  const refresh = async () => {
    const rows = await collectorKeys(o.database);
    const now = rows.map(({ public_key, state }) => `${public_key} ${state}`).join("\n");
    if (now === read) return;
    keys = keysOf(rows, collector, o);
    read = now;
  };
  await refresh();
  return {
    collector,
    refresh,
    get signer() {
      return keys.signer;
    },
    get stateSigner() {
      return keys.stateSigner;
    },
    get publicKeys() {
      return keys.publicKeys;
    },
  };
}

/** Answers the new public key. */
export async function makeKey(
  transaction: Queryable,
  collector: string,
  state: "announced" | "active",
  o: { masterKey: MasterKey; clock: Clock; random: (length: number) => Uint8Array },
): Promise<string> {
  const seed = o.random(32);
  const { publicKey } = proofSigner(seed);
  const sealing = await sealingKey(transaction, o.masterKey);
  const sealedSeed = sealSecret(sealing, keyPurpose(collector), seed, o.random(12));
  const key = { publicKey, sealedSeed, masterKeyVersion: sealing.version, state };
  await insertCollectorKey(transaction, key, o.clock.now());
  return publicKey;
}

function keysOf(
  rows: readonly CollectorKeyRow[],
  collector: string,
  { masterKey, clock }: { masterKey: MasterKey; clock: Clock },
): Keys {
  const active = rows.find(({ state }) => state === "active");
  if (active === undefined) throw new RangeError("the collector has no key that signs");
  const signerOf = (row: CollectorKeyRow) =>
    proofSigner(openSecret(masterKey, keyPurpose(collector), row.sealed_seed));
  const since = clock.now() - statesByKeyBeforeSeconds;
  const before = rows
    .filter(({ state, retired_at: at }) => state === "retired" && at !== null && at > since)
    .toSorted((a, b) => (a.retired_at ?? 0) - (b.retired_at ?? 0))[0];
  const told = rows.filter(({ state }) => state !== "compromised").map((row) => row.public_key);
  const signer = signerOf(active);
  return {
    signer,
    stateSigner: before === undefined ? signer : signerOf(before),
    publicKeys: [active.public_key, ...told.filter((key) => key !== active.public_key)],
  };
}

function keyPurpose(collector: string) {
  return ["collector-key", collector];
}
