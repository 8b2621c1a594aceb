/** HMAC-SHA-256 (RFC 2104, FIPS 198-1): the signature `sub`, made with a key that both sides hold. */

import { hmacSha256 } from "./sha256.ts";

/** 32 bytes. */
export function mac(secret: Uint8Array, message: Uint8Array): Uint8Array {
  return hmacSha256(secret, message);
}

/** Compares in constant time; a shortened MAC never fits. */
export function macFits(secret: Uint8Array, message: Uint8Array, given: Uint8Array): boolean {
  const made = mac(secret, message);
  let difference = made.length ^ given.length;
  for (let index = 0; index < made.length; index += 1) {
    difference |= (made[index] ?? 0) ^ (given[index] ?? 0);
  }
  return difference === 0;
}
