/**
 * Who signed this? Digest and HMAC over the raw bytes, before anything of them is parsed.
 *
 * A key that is unknown and a signature that is wrong take the same path (one lookup in memory, two verifications,
 * one query, one unsealing) and get the same answer, so that nobody can find out which installations exist.
 */

import {
  claimedKeyId,
  type RefusalCode,
  type SignatureHeaders,
  type SignatureMember,
  type Tag,
  verifyDocument,
} from "@submeter/shared/wire/document";
import { openKey } from "../fleet/keys.ts";
import { type MasterKey, sealSecret } from "../fleet/sealed-secrets.ts";
import type { Database } from "../store/database.ts";
import { findUsableKey, type InstallationKeyRow } from "../store/installation-keys.ts";
import { openKeyLookups } from "./key-lookups.ts";

export type SignedBytes = {
  readonly body: Uint8Array;
  readonly headers: Partial<SignatureHeaders>;
};

export type Signer = {
  readonly installation: string;
  readonly number: string;
  /** `<installation>.<number>`. */
  readonly keyId: string;
  readonly secret: Uint8Array;
};

export type Identified =
  | {
      kind: "identified";
      signer: Signer;
      proofKey: string | null;
      proof: SignatureMember | null;
    }
  | { kind: "refused"; code: RefusalCode; detail: string }
  /** Too much waits for its key to be looked up already. */
  | { kind: "busy" };

export type Keyring = {
  identify(signed: SignedBytes, tag: Tag): Promise<Identified>;
  /** False when the key has been removed since it was first seen. Recording asks for itself, in its transaction. */
  isUsable(signer: Signer): Promise<boolean>;
};

const keysHeldMax = 200_000;
/** Bytes of documents whose key is being looked up: whoever guesses keys fills this, and neither memory nor the pool. */
const lookingUpBytesMax = 32 * 1024 * 1024;
const overheadBytes = 2048;

export function openKeyring(o: {
  database: Database;
  masterKey: MasterKey;
  random: (length: number) => Uint8Array;
}): Keyring {
  // Secrets never change, so they may be held; states do, and are read where they matter.
  const held = new Map<string, Signer>();
  const decoy = decoyKey(o.masterKey, o.random);
  let lookingUpBytes = 0;

  const find = openKeyLookups(o.database);
  const lookUp = async (keyId: string): Promise<Signer | null> => {
    const [installation = "", number = ""] = keyId.split(".");
    const row = await find(keyId);
    const secret = openKey(o.masterKey, row ?? decoy);
    return row === null ? null : { installation, number, keyId, secret };
  };

  const hold = (signer: Signer): void => {
    if (held.size >= keysHeldMax) held.delete(held.keys().next().value ?? "");
    held.set(signer.keyId, signer);
  };

  return {
    isUsable: async ({ installation, number }) =>
      (await findUsableKey(o.database, installation, number)) !== null,
    identify: async (signed, tag) => {
      const keyId = claimedKeyId(signed.headers) ?? "";
      const known = held.get(keyId) ?? null;
      const first = verifyWith(known, signed, tag, keyId, decoy.sealed);
      if (first.kind === "identified" || first.code !== "signature_invalid") return first;
      const bytes = signed.body.length + overheadBytes;
      if (lookingUpBytes + bytes > lookingUpBytesMax) return { kind: "busy" };
      lookingUpBytes += bytes;
      const found = await lookUp(keyId).finally(() => (lookingUpBytes -= bytes));
      const second = verifyWith(found, signed, tag, keyId, decoy.sealed);
      if (second.kind === "identified") hold(second.signer);
      return second;
    },
  };
}

function verifyWith(
  signer: Signer | null,
  signed: SignedBytes,
  tag: Tag,
  keyId: string,
  decoySecret: Uint8Array,
): Exclude<Identified, { kind: "busy" }> {
  const secret = signer?.secret ?? decoySecret;
  const verified = verifyDocument({ ...signed, tag, keyId, secret, proof: "optional" });
  if (verified.kind === "refused") return verified;
  if (signer === null) {
    return { kind: "refused", code: "signature_invalid", detail: "no such key" };
  }
  return {
    kind: "identified",
    signer,
    proofKey: verified.proofKey,
    proof: verified.proof,
  };
}

/** A key of nobody, sealed like any other, that is opened when there is none to open. */
function decoyKey(
  masterKey: MasterKey,
  random: (length: number) => Uint8Array,
): InstallationKeyRow {
  const purpose = ["installation-key", "", "."];
  return {
    installation_id: "",
    number: "",
    sealed: sealSecret(masterKey, purpose, random(32), random(12)),
    master_key_version: masterKey.version,
    state: "active",
    compromised_from: null,
    created_at: 0,
    state_changed_at: 0,
  };
}
