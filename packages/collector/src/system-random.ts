/** The one place where the collector's randomness and ids come from; everything else is given them. */

import { randomBytes, randomUUID } from "node:crypto";

/** `length` bytes from the operating system's generator. */
export function systemRandom(length: number): Uint8Array {
  return randomBytes(length);
}

/** A fresh UUID, version 4. */
export function systemId(): string {
  return randomUUID();
}
