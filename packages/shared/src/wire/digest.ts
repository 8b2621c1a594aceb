/** The digest of a document: SHA-256 over its exact bytes, as RFC 9530 and as bodies write it. */

import { base64Of32Bytes } from "./base64.ts";
import { sha256Text } from "./sha256.ts";

const grammar = new RegExp(`^sha-256=:${base64Of32Bytes}:$`);

/** `sha-256=:<base64>:`, the value of the header `content-digest` (RFC 9530, section 2). */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${sha256Text(body, "base64")}:`;
}

/** 64 lower-case hexadecimal digits, as `previous`, `digest` and `stored_digest` carry it. */
export function digestHex(body: Uint8Array): string {
  return sha256Text(body, "hex");
}

/** Exactly one sha-256 and nothing else: a second algorithm would be a second opinion about the body. */
export function isContentDigest(text: string): boolean {
  return grammar.test(text);
}
