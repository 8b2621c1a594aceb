/** The collector as agents know it: an id, a key that signs proofs, and all public keys that it answers for. */

import type { Clock } from "@submeter/shared/time/clock";
import { proofSigner, type ProofSigner } from "@submeter/shared/wire/ed25519";
import type { Database, Queryable } from "../store/database.ts";
import { collectorId, collectorKeys, insertCollectorKey } from "../store/identity.ts";
import { type MasterKey, openSecret, sealSecret } from "./sealed-secrets.ts";

export type CollectorIdentity = {
  /** A UUID, made once; it stays through restarts, replicas and restored backups. */
  readonly collector: string;
  readonly signer: ProofSigner;
  /** The signer's own first. */
  readonly publicKeys: readonly string[];
};

/** Reads the identity; makes it when the database is new. Throws `master_key_mismatch`. */
export async function loadIdentity(o: {
  database: Database;
  masterKey: MasterKey;
  clock: Clock;
  ids: () => string;
  random: (length: number) => Uint8Array;
}): Promise<CollectorIdentity> {
  return o.database.transaction(async (transaction) => {
    // The row lock makes replicas that start together wait for the first one's key.
    const collector = await collectorId(transaction, o.ids(), o.clock.now());
    const keys = await collectorKeys(transaction);
    const active = keys.find(({ state }) => state === "active");
    const signer =
      active === undefined
        ? await makeKey(transaction, collector, o)
        : proofSigner(openSecret(o.masterKey, ["collector-key", collector], active.sealed_seed));
    const others = keys.map((key) => key.public_key).filter((key) => key !== signer.publicKey);
    return { collector, signer, publicKeys: [signer.publicKey, ...others] };
  });
}

async function makeKey(
  transaction: Queryable,
  collector: string,
  o: { masterKey: MasterKey; clock: Clock; random: (length: number) => Uint8Array },
): Promise<ProofSigner> {
  const seed = o.random(32);
  const signer = proofSigner(seed);
  const sealedSeed = sealSecret(o.masterKey, ["collector-key", collector], seed, o.random(12));
  const { publicKey } = signer;
  const key = { publicKey, sealedSeed, masterKeyVersion: o.masterKey.version };
  await insertCollectorKey(transaction, key, o.clock.now());
  return signer;
}
