/** Ed25519 (RFC 8032), the signature that convinces anybody: the label `proof`. */

// Pure computation. It is taken from Node because a hand-held curve is no place to save a dependency.
// oxlint-disable-next-line no-restricted-imports
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { base64Url, base64UrlOf32Bytes, bytesOfBase64Url } from "./base64.ts";

export type ProofSigner = {
  /** 32 raw bytes in base64url, which is also the key id of `proof`. */
  readonly publicKey: string;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
  /** The same on a thread of its own, so that who signs many at once goes on meanwhile. */
  signAside(message: Uint8Array): Promise<Uint8Array>;
};

/** DER of a PKCS #8 private key (RFC 8410, section 7) up to its 32 bytes of seed. */
const pkcs8Prefix = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);
const seedLength = 32;
const publicKeyGrammar = new RegExp(`^${base64UrlOf32Bytes}$`);

/** `privateSeed` is 32 random bytes. */
export function proofSigner(privateSeed: Uint8Array): ProofSigner {
  if (privateSeed.length !== seedLength) throw new RangeError("an Ed25519 seed has 32 bytes");
  const der = Buffer.concat([pkcs8Prefix, privateSeed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: base64Url(spki.subarray(-seedLength)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    signAside: async (message) => {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      sign(null, message, privateKey, (error, signature) =>
        error === null ? resolve(signature) : reject(error),
      );
      return promise;
    },
  };
}

/** Is it 32 bytes in canonical base64url, and no point of small order? */
export function isPublicKey(text: unknown): text is string {
  return (
    typeof text === "string" && publicKeyGrammar.test(text) && !isSmallOrder(bytesOfBase64Url(text))
  );
}

/** False, never an error, for a public key that is none. */
export function verifyProof(
  publicKey: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isPublicKey(publicKey)) return false;
  try {
    return verify(null, message, keyObjectOf(publicKey), signature);
  } catch {
    return false;
  }
}

/** An agent verifies every receipt by the same few keys, and reading a key costs as much as verifying with it. */
const keyObjects = new Map<string, KeyObject>();
const keyObjectsMax = 256;

function keyObjectOf(publicKey: string): KeyObject {
  const known = keyObjects.get(publicKey);
  if (known !== undefined) return known;
  const jwk = { kty: "OKP", crv: "Ed25519", x: publicKey };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  if (keyObjects.size >= keyObjectsMax) keyObjects.clear();
  keyObjects.set(publicKey, key);
  return key;
}

/**
 * The eight points of small order and their second spellings. Under such a key one signature fits many messages,
 * so that whoever chose it could deny every report. Newer versions of OpenSSL refuse them, older ones do not.
 */
const smallOrder = new Set(
  [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  ].map((text) => Buffer.from(text, "hex").toString("base64")),
);

function isSmallOrder(point: Uint8Array): boolean {
  const withoutSign = Uint8Array.from(point);
  withoutSign[31] = (withoutSign[31] ?? 0) & 0x7f;
  return smallOrder.has(Buffer.from(withoutSign).toString("base64"));
}
