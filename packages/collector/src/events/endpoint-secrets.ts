/** The secrets of an endpoint: made at random, sealed at rest, shown once. */

import type { Instant } from "@submeter/shared/time/instant";
import { sealingKey } from "../fleet/master-keys.ts";
import { type MasterKey, openSecret, type Purpose, sealSecret } from "../fleet/sealed-secrets.ts";
import type { Queryable } from "../store/database.ts";
import { expireSecrets, insertSecret, secretsOf } from "../store/webhooks.ts";
import { secretLength, secretText } from "./signature.ts";

export type SecretsContext = {
  readonly masterKey: MasterKey;
  readonly random: (length: number) => Uint8Array;
};

/** A new one; those before it sign beside it until `overlapUntil`. Answers the text to show, once. */
export async function issueSecret(
  db: Queryable,
  { masterKey, random }: SecretsContext,
  endpoint: string,
  o: { now: Instant; overlapUntil: Instant },
): Promise<string> {
  const number = await expireSecrets(db, endpoint, o.overlapUntil);
  const secret = random(secretLength);
  const sealing = await sealingKey(db, masterKey);
  const sealed = sealSecret(sealing, purposeOf(endpoint, number), secret, random(12));
  const master_key_version = sealing.version;
  await insertSecret(db, {
    endpoint_id: endpoint,
    number,
    sealed,
    master_key_version,
    created_at: o.now,
  });
  return secretText(secret);
}

/** Throws `master_key_mismatch`. */
export async function endpointSecrets(
  { database, masterKey }: { database: Queryable; masterKey: MasterKey },
  endpoint: string,
  now: Instant,
): Promise<Uint8Array[]> {
  const rows = await secretsOf(database, endpoint, now);
  return rows.map((row) => openSecret(masterKey, purposeOf(endpoint, row.number), row.sealed));
}

function purposeOf(endpoint: string, number: number): Purpose {
  return ["webhook-secret", endpoint, String(number)];
}
