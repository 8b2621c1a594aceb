/** SHA-256 (FIPS 180-4) and HMAC over it (RFC 2104): five times for each report, so they are Node's own. */

// Pure computation, as in ed25519.ts. A portable implementation takes five times as long for a report of twelve lines.
// oxlint-disable-next-line no-restricted-imports
import { hash } from "node:crypto";

const blockLength = 64;

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"));
}

export function sha256Text(bytes: Uint8Array, encoding: "base64" | "hex"): string {
  return hash("sha256", bytes, encoding);
}

/** 32 bytes. By hand, because two hashes at once cost a fifth of what making Node's HMAC object does. */
export function hmacSha256(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const key = secret.length > blockLength ? sha256(secret) : secret;
  const inner = new Uint8Array(blockLength + message.length).fill(0x36, 0, blockLength);
  const outer = new Uint8Array(blockLength + 32).fill(0x5c, 0, blockLength);
  for (let index = 0; index < key.length; index += 1) {
    inner[index] = 0x36 ^ (key[index] ?? 0);
    outer[index] = 0x5c ^ (key[index] ?? 0);
  }
  inner.set(message, blockLength);
  outer.set(sha256(inner), blockLength);
  return sha256(outer);
}
