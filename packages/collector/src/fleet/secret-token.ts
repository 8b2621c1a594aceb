/** Bearer tokens: 32 random bytes behind a prefix that says whose they are. The database holds only the digest. */

import { createHash } from "node:crypto";

export type TokenKind = "operator" | "customer";

const prefixes: Record<TokenKind, string> = { operator: "sop_", customer: "sct_" };

export function newToken(
  kind: TokenKind,
  random: (length: number) => Uint8Array,
): { id: string; token: string; digest: Buffer } {
  const token = `${prefixes[kind]}${Buffer.from(random(32)).toString("base64url")}`;
  return { id: Buffer.from(random(8)).toString("hex"), token, digest: tokenDigest(token) };
}

export function tokenDigest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** The token of an `authorization` header, told apart by its prefix; null when it is none. */
export function readBearer(header: string | undefined): { kind: TokenKind; token: string } | null {
  const [, token = "", prefix] = /^Bearer ((sop|sct)_[A-Za-z0-9_-]{43})$/.exec(header ?? "") ?? [];
  if (token === "") return null;
  return { kind: prefix === "sop" ? "operator" : "customer", token };
}
