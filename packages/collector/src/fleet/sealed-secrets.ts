/**
 * Secrets at rest: AES-256-GCM under the master key. What a secret belongs to is associated data, so that a sealed
 * key copied into another row does not open there.
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

export type MasterKey = {
  /** Which master key it is; stored beside what it sealed. */
  readonly version: number;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  /** While one follows another: what either of them sealed is opened. */
  readonly others?: readonly MasterKey[];
};

/** What a secret is and whom it belongs to, such as `["installation-key", "acme", "acme.1"]`. */
export type Purpose = readonly string[];

const nonceLength = 12;
const tagLength = 16;

/** `nonce` is 12 fresh random bytes. The result: nonce, ciphertext, tag. */
export function sealSecret(
  masterKey: MasterKey,
  purpose: Purpose,
  secret: Uint8Array,
  nonce: Uint8Array,
): Buffer {
  const cipher = createCipheriv("aes-256-gcm", masterKey.bytes, nonce);
  cipher.setAAD(associated(masterKey, purpose));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/** Throws `master_key_mismatch`. */
export function openSecret(masterKey: MasterKey, purpose: Purpose, sealed: Uint8Array): Uint8Array {
  for (const key of masterKey.others ? [masterKey, ...masterKey.others] : []) {
    const opened = tryOpen(key, purpose, sealed);
    if (opened !== null) return opened;
  }
  return openWith(masterKey, purpose, sealed);
}

/** Null when it was not sealed with this very key, for this purpose. */
export function tryOpen(
  masterKey: MasterKey,
  purpose: Purpose,
  sealed: Uint8Array,
): Uint8Array | null {
  try {
    return openWith(masterKey, purpose, sealed);
  } catch {
    return null;
  }
}

function openWith(masterKey: MasterKey, purpose: Purpose, sealed: Uint8Array): Uint8Array {
  try {
    const nonce = sealed.subarray(0, nonceLength);
    const decipher = createDecipheriv("aes-256-gcm", masterKey.bytes, nonce, {
      authTagLength: tagLength,
    });
    decipher.setAAD(associated(masterKey, purpose));
    decipher.setAuthTag(sealed.subarray(-tagLength));
    const text = sealed.subarray(nonceLength, -tagLength);
    return Uint8Array.from(Buffer.concat([decipher.update(text), decipher.final()]));
  } catch (cause) {
    throw new SubmeterError(
      "master_key_mismatch",
      `a sealed secret of this database (${purpose.join(" ")}) does not open with the master key`,
      "set SUBMETER_MASTER_KEY to the key that this database was set up with, and during a rotation SUBMETER_MASTER_KEY_PREVIOUS to the one before",
      { cause },
    );
  }
}

function associated(masterKey: MasterKey, purpose: Purpose): Buffer {
  return Buffer.from([...purpose, String(masterKey.version)].join("\n"));
}
