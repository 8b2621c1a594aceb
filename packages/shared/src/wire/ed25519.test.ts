import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesOfBase64, bytesOfBase64Url } from "./base64.ts";
import { isPublicKey, proofSigner, verifyProof } from "./ed25519.ts";
import b26 from "./vectors/rfc9421-b26-ed25519.json" with { type: "json" };

const message = new TextEncoder().encode(b26.signature_base);
const signature = bytesOfBase64(b26.signature.slice("sig-b26=:".length, -1));

describe("RFC 9421, B.2.6", () => {
  const signer = proofSigner(bytesOfBase64Url(b26.seed_base64url));

  test("the seed has this public key", () => {
    expect(signer.publicKey).toBe(b26.public_key_base64url);
  });

  test("the signature base has exactly this signature", () => {
    expect(signer.sign(message)).toEqual(signature);
    expect(verifyProof(b26.public_key_base64url, message, signature)).toBe(true);
  });

  test("another message, signature or key does not fit", () => {
    const changed = Uint8Array.from(signature, (byte, index) => (index === 5 ? byte ^ 1 : byte));
    const other = proofSigner(new Uint8Array(32).fill(7)).publicKey;
    expect(verifyProof(b26.public_key_base64url, message, changed)).toBe(false);
    expect(verifyProof(b26.public_key_base64url, message.subarray(1), signature)).toBe(false);
    expect(verifyProof(other, message, signature)).toBe(false);
    expect(verifyProof(b26.public_key_base64url, message, signature.subarray(1))).toBe(false);
  });
});

test("a key that node:crypto makes verifies what it signs", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  expect(verifyProof(x ?? "", message, sign(null, message, privateKey))).toBe(true);
});

test.each([
  ["the neutral point", `01${"00".repeat(31)}`],
  ["the same with its sign bit", `01${"00".repeat(30)}80`],
  ["the point of order 2", `ec${"ff".repeat(30)}7f`],
  ["a point of order 4", "00".repeat(32)],
  ["a point of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ["the other of order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
  ["0 spelled as p", `ed${"ff".repeat(30)}7f`],
])("%s is no key: its signatures would fit any message", (_, point) => {
  const publicKey = Buffer.from(point, "hex").toString("base64url");
  // R is the neutral point and S is 0, which such keys accept for a part of all messages.
  const forged = Uint8Array.from({ length: 64 }, (__, index) => (index === 0 ? 1 : 0));
  const accepted = Array.from({ length: 64 }, (__, index) =>
    verifyProof(publicKey, Uint8Array.of(index), forged),
  );
  expect(accepted).not.toContain(true);
  expect(isPublicKey(publicKey)).toBe(false);
});

test.each([
  "",
  "AAAA",
  `${b26.public_key_base64url}=`,
  `${b26.public_key_base64url.slice(0, 42)}t`,
])("%j is no public key", (text) => {
  expect(isPublicKey(text)).toBe(false);
  expect(verifyProof(text, message, signature)).toBe(false);
});
