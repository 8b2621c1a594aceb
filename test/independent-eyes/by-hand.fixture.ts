/**
 * An agent written from docs/wire.md with nothing but node:crypto: it shares no line with Submeter, so that what it
 * and a collector agree on is what the page says.
 */

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";

export type HandKey = { installation: string; keyId: string; secret: Buffer };
export type HandJournal = { id: string; privateKey: KeyObject; publicKey: string };
type HandHeaders = {
  "content-digest": string;
  "signature-input": string;
  signature: string;
};
export type HandDocument = { headers: HandHeaders; body: Buffer };
/** An answer as it came: header names in lower case. */
export type HandAnswer = { status: number; headers: Record<string, string>; body: Buffer };

/** Section "Keys": takes the key apart and checks its checksum. */
export function readKeyByHand(text: string): HandKey {
  const parts = /^smk_([a-z0-9-]{1,63})\.([a-z0-9-]{1,63})_([\w-]{43})([\w-]{6})$/.exec(text);
  if (parts === null) throw new Error("the key is malformed");
  const [, installation = "", number = "", secret = "", checksum] = parts;
  const expected = createHash("sha256").update(text.slice(0, -6)).digest("base64url").slice(0, 6);
  if (checksum !== expected) throw new Error("the key's checksum does not match");
  const keyId = `${installation}.${number}`;
  return { installation, keyId, secret: Buffer.from(secret, "base64url") };
}

/** Section "Report": a UUID and an Ed25519 key pair; the seed has 32 bytes. */
export function openJournalByHand(id: string, seed: Uint8Array): HandJournal {
  const d = Buffer.from(seed).toString("base64url");
  // node:crypto wants the public half too; it is derived from a PKCS #8 wrapping of the seed.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const derived = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  const { x = "" } = derived.export({ format: "jwk" });
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  return { id, privateKey: createPrivateKey({ key: jwk, format: "jwk" }), publicKey: x };
}

/** Sections "Digest" and "Signatures". `journal` adds `proof`. */
export function signByHand(
  text: string,
  tag: string,
  createdSeconds: number,
  key: HandKey,
  journal?: HandJournal,
): HandDocument {
  const body = Buffer.from(text, "utf8");
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const sub = paramsOf(createdSeconds, key.keyId, "hmac-sha256", tag);
  const mac = createHmac("sha256", key.secret).update(baseOf(digest, sub)).digest("base64");
  const inputs = [`sub=${sub}`];
  const signatures = [`sub=:${mac}:`];
  if (journal !== undefined) {
    const proof = paramsOf(createdSeconds, journal.publicKey, "ed25519", tag);
    const signature = sign(null, Buffer.from(baseOf(digest, proof)), journal.privateKey);
    inputs.push(`proof=${proof}`);
    signatures.push(`proof=:${signature.toString("base64")}:`);
  }
  const headers = {
    "content-digest": digest,
    "signature-input": inputs.join(", "),
    signature: signatures.join(", "),
  };
  return { headers, body };
}

/** Section "Verifying", as an agent does it for receipts and states. Returns the public key of `proof`. */
export function verifyByHand(answer: HandAnswer, tag: string, key: HandKey): string {
  if (answer.headers["content-digest"] === undefined) {
    throw new Error(`unsigned: ${answer.status} ${answer.body.toString()}`);
  }
  const digest = createHash("sha256").update(answer.body).digest("base64");
  if (answer.headers["content-digest"] !== `sha-256=:${digest}:`) throw new Error("wrong digest");
  const inputs = dictionary(answer.headers["signature-input"] ?? "");
  const signatures = dictionary(answer.headers["signature"] ?? "");
  if ([...inputs.keys()].join() !== "sub,proof" || signatures.size !== 2) {
    throw new Error("exactly sub and proof are wanted");
  }
  const sub = paramsByHand(inputs.get("sub") ?? "");
  if (sub.keyId !== key.keyId || sub.algorithm !== "hmac-sha256" || sub.tag !== tag) {
    throw new Error("sub is of another key, algorithm or tag");
  }
  const subBase = baseOf(`sha-256=:${digest}:`, inputs.get("sub") ?? "");
  const mac = createHmac("sha256", key.secret).update(subBase).digest();
  if (!timingSafeEqual(mac, bytesOf(signatures.get("sub")))) throw new Error("sub does not fit");
  const proof = paramsByHand(inputs.get("proof") ?? "");
  if (proof.algorithm !== "ed25519" || proof.tag !== tag)
    throw new Error("proof is of another tag");
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: proof.keyId },
    format: "jwk",
  });
  const proofBase = Buffer.from(baseOf(`sha-256=:${digest}:`, inputs.get("proof") ?? ""));
  if (!verify(null, proofBase, publicKey, bytesOf(signatures.get("proof")))) {
    throw new Error("proof does not fit");
  }
  return proof.keyId;
}

/** The digest as documents write it: 64 lower-case hexadecimal digits. */
export function digestByHand(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

export type HandCount = {
  meter: string;
  window: string;
  dimensions: Record<string, string>;
  quantity: string;
};

/** Section "Report": the JSON text, put together by hand. `previous` is null for report 1. */
export function reportByHand(o: {
  key: HandKey;
  journal: HandJournal;
  sequence: number;
  previous: string | null;
  sealedAt: string;
  coverage: [string, string][];
  meters: { name: string; unit: string; aggregation: string; scale: number }[];
  usage: HandCount[];
}): string {
  return JSON.stringify({
    version: 1,
    installation: o.key.installation,
    journal: o.journal.id,
    sequence: o.sequence,
    previous: o.previous,
    replaces: null,
    sealed_at: o.sealedAt,
    interval_seconds: 3600,
    final: false,
    agent: { version: "by-hand", clock_skew_ms: null, backlog: null, disk_free_bytes: null },
    coverage: o.coverage,
    sources: [],
    meters: o.meters,
    usage: o.usage,
    ...(o.sequence === 1 ? { public_key: o.journal.publicKey } : {}),
  });
}

/** Section "Hello and state". */
export function helloByHand(key: HandKey, journal: HandJournal, sentAt: string): string {
  return JSON.stringify({
    version: 1,
    installation: key.installation,
    journal: journal.id,
    sent_at: sentAt,
  });
}

/** Section "Transport": posts a document and returns whatever comes back. `url` ends in /ingest or /state. */
export async function postByHand(url: string, document: HandDocument): Promise<HandAnswer> {
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { ...document.headers, "content-type": "application/json" },
    body: new Uint8Array(document.body),
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

function paramsOf(created: number, keyId: string, algorithm: string, tag: string): string {
  return `("content-digest");created=${created};keyid="${keyId}";alg="${algorithm}";tag="${tag}"`;
}

function baseOf(digest: string, params: string): string {
  return `"content-digest": ${digest}\n"@signature-params": ${params}`;
}

function paramsByHand(params: string): { keyId: string; algorithm: string; tag: string } {
  const parts =
    /^\("content-digest"\);created=\d+;keyid="([^"]+)";alg="([^"]+)";tag="([^"]+)"$/.exec(params);
  if (parts === null) throw new Error("the parameters are not as the page has them");
  return { keyId: parts[1] ?? "", algorithm: parts[2] ?? "", tag: parts[3] ?? "" };
}

function dictionary(header: string): Map<string, string> {
  const members = header.split(",").map((member) => member.trim());
  return new Map(
    members.map((member) => [
      member.slice(0, member.indexOf("=")),
      member.slice(member.indexOf("=") + 1),
    ]),
  );
}

function bytesOf(member: string | undefined): Buffer {
  const base64 = /^:([A-Za-z0-9+/]+=*):$/.exec(member ?? "")?.[1];
  if (base64 === undefined) throw new Error("the signature is no byte sequence");
  return Buffer.from(base64, "base64");
}
