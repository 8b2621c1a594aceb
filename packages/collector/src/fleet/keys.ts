/** Keys of an installation: issue, rotate with overlap, revoke. A secret is shown once and only sealed afterwards. */

import type { Instant } from "@submeter/shared/time/instant";
import { formatKey } from "@submeter/shared/wire/key";
import { audit } from "../store/audit.ts";
import type { Queryable } from "../store/database.ts";
import {
  insertKey,
  type InstallationKeyRow,
  keysOf,
  type KeyState,
  setKeyState,
} from "../store/installation-keys.ts";
import { bumpStateRevision, findInstallation } from "../store/installations.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { sealingKey } from "./master-keys.ts";
import { installationUnknown, UnknownError } from "./unknown.ts";
import { type MasterKey, openSecret, type Purpose, sealSecret } from "./sealed-secrets.ts";

/** What the customer's administrator needs, as environment variables. */
export type Environment = {
  TELEMETRY_ENDPOINT: string;
  TELEMETRY_HMAC_KEY: string;
  TELEMETRY_INTERVAL_SECONDS: string;
};

export type IssuedKey = { key: { number: string; state: KeyState }; environment: Environment };

export type RevocationMode = Exclude<KeyState, "active">;

const secretLength = 32;
const nonceLength = 12;
const intervalSecondsDefault = "3600";

/** Makes the installation's next key in `transaction`; the caller answers the environment once. */
export async function issueKey(
  transaction: Queryable,
  context: FleetContext,
  installation: string,
  now: Instant,
): Promise<IssuedKey> {
  const existing = await keysOf(transaction, [installation]);
  const number = String(existing.length + 1);
  const secret = context.random(secretLength);
  const purpose = keyPurpose(installation, number);
  const sealing = await sealingKey(transaction, context.masterKey);
  const sealed = sealSecret(sealing, purpose, secret, context.random(nonceLength));
  const masterKeyVersion = sealing.version;
  await insertKey(transaction, { installation, number, sealed, masterKeyVersion }, now);
  return {
    key: { number, state: "active" },
    environment: {
      TELEMETRY_ENDPOINT: context.publicUrl(),
      TELEMETRY_HMAC_KEY: formatKey(installation, number, secret),
      TELEMETRY_INTERVAL_SECONDS: intervalSecondsDefault,
    },
  };
}

/** A new active key; the active ones before it still verify, unless `keepActive` leaves them as they are. */
export async function rotateKey(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; keepActive: boolean; reason: string | null },
): Promise<IssuedKey> {
  const now = context.clock.now();
  return context.database.transaction(async (transaction) => {
    const { installation } = o;
    if ((await findInstallation(transaction, installation, true)) === null) {
      throw installationUnknown(installation);
    }
    const before = await keysOf(transaction, [installation]);
    const issued = await issueKey(transaction, context, installation, now);
    for (const { number, state } of o.keepActive ? [] : before) {
      if (state !== "active") continue;
      await setKeyState(transaction, { installation, number, state: "verify-only" }, now);
    }
    await bumpStateRevision(transaction, installation);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "key.rotated",
      subject: `installation:${installation}`,
      reason: o.reason,
      before: before.map(({ number, state }) => ({ number, state })),
      after: { ...issued.key, keep_active: o.keepActive },
    });
    return issued;
  });
}

/** Dated now, by the collector's clock. Throws `key_unknown`, `key_removed`. */
export async function revokeKey(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; number: string; mode: RevocationMode; reason: string },
): Promise<InstallationKeyRow> {
  const now = context.clock.now();
  const { installation, number } = o;
  return context.database.transaction(async (transaction) => {
    await findInstallation(transaction, installation, true);
    const before = keyOf(await keysOf(transaction, [installation]), installation, number);
    if (before.state === "removed") throw alreadyRemoved(installation, number);
    await setKeyState(transaction, { installation, number, state: o.mode }, now);
    await bumpStateRevision(transaction, installation);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "key.revoked",
      subject: `installation:${installation}`,
      reason: o.reason,
      before: { number, state: before.state },
      after: { number, state: o.mode },
    });
    return keyOf(await keysOf(transaction, [installation]), installation, number);
  });
}

/** The HMAC secret of a stored key. Throws `master_key_mismatch`. */
export function openKey(masterKey: MasterKey, row: InstallationKeyRow): Uint8Array {
  return openSecret(masterKey, keyPurpose(row.installation_id, row.number), row.sealed);
}

function keyPurpose(installation: string, number: string): Purpose {
  return ["installation-key", installation, `${installation}.${number}`];
}

function keyOf(
  keys: readonly InstallationKeyRow[],
  installation: string,
  number: string,
): InstallationKeyRow {
  const key = keys.find((candidate) => candidate.number === number);
  if (key !== undefined) return key;
  throw new UnknownError(
    "key_unknown",
    `the installation ${installation} has no key ${number}`,
    "list its keys with `submeter installations show`",
  );
}

function alreadyRemoved(installation: string, number: string): ClashError {
  return new ClashError(
    "key_removed",
    `the key ${installation}.${number} was removed; that is final`,
    "issue a new one with `submeter keys rotate`",
  );
}
