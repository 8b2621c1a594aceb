/** Our documents through a library that Submeter does not use: it parses, builds the base and finds the key by itself. */

import { createHash, createPublicKey } from "node:crypto";
import { contentDigest } from "@submeter/shared/wire/digest";
import { signDocument, verifyDocument } from "@submeter/shared/wire/document";
import type { SignatureHeaders } from "@submeter/shared/wire/document";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";
import type { SigningKey } from "http-message-signatures";
import { describe, expect, test } from "vitest";

const seed = (sentence: string) => new Uint8Array(createHash("sha256").update(sentence).digest());
const key = { keyId: "acme-prod.1", secret: seed("an obviously fake key") };
const signer = proofSigner(seed("an obviously fake proof key"));
const body = new TextEncoder().encode('{"any":"document"}');
const created = 1_767_610_933;
const message = { method: "POST", url: "https://document.invalid/" };

/** Each signature by itself: of several, the library is content when one of them fits. */
async function verifiedBy(headers: SignatureHeaders, secret = key.secret): Promise<boolean> {
  const inputs = headers["signature-input"].split(", ");
  const signatures = headers.signature.split(", ");
  for (const [index, input] of inputs.entries()) {
    const one = { ...headers, "signature-input": input, signature: signatures[index] ?? "" };
    if (!(await memberVerifiedBy(one, secret))) return false;
  }
  return true;
}

async function memberVerifiedBy(headers: SignatureHeaders, secret: Uint8Array): Promise<boolean> {
  const verified = await httpbis.verifyMessage(
    {
      requiredParams: ["created", "keyid", "alg", "tag"],
      requiredFields: ["content-digest"],
      notAfter: created + 1,
      keyLookup: async ({ keyid = "" }) =>
        keyid === key.keyId
          ? {
              id: keyid,
              algs: ["hmac-sha256"],
              verify: createVerifier(Buffer.from(secret), "hmac-sha256"),
            }
          : {
              id: keyid,
              algs: ["ed25519"],
              verify: createVerifier(
                createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: keyid }, format: "jwk" }),
                "ed25519",
              ),
            },
    },
    { ...message, headers },
  );
  return verified === true;
}

describe("http-message-signatures verifies what we sign", () => {
  const tags = ["submeter-report", "submeter-receipt", "submeter-state", "submeter-hello"] as const;

  test.each(tags)("a %s with sub", async (tag) => {
    const headers = signDocument({ body, tag, created, key });
    await expect(verifiedBy(headers)).resolves.toBe(true);
  });

  test.each(tags)("a %s with sub and proof", async (tag) => {
    const headers = signDocument({ body, tag, created, key, proof: signer });
    await expect(verifiedBy(headers)).resolves.toBe(true);
  });

  test("and refuses what was changed", async () => {
    const headers = signDocument({ body, tag: "submeter-report", created, key, proof: signer });
    const other = { ...headers, "content-digest": contentDigest(new Uint8Array()) };
    await expect(verifiedBy(other)).resolves.toBe(false);
    await expect(verifiedBy(headers, seed("another fake key"))).resolves.toBe(false);
  });
});

test("we verify what http-message-signatures signs", async () => {
  const signing: SigningKey = createSigner(Buffer.from(key.secret), "hmac-sha256", key.keyId);
  const signed = await httpbis.signMessage(
    {
      key: signing,
      name: "sub",
      fields: ["content-digest"],
      params: ["created", "keyid", "alg", "tag"],
      paramValues: { created: new Date(created * 1000), tag: "submeter-report" },
    },
    { ...message, headers: { "content-digest": contentDigest(body) } },
  );
  const headers: Partial<SignatureHeaders> = {};
  for (const [name, value] of Object.entries(signed.headers)) {
    headers[name.toLowerCase() as keyof SignatureHeaders] = String(value);
  }
  const verified = verifyDocument({
    body,
    headers,
    tag: "submeter-report",
    ...key,
    proof: "optional",
  });
  expect(verified).toMatchObject({ kind: "verified", keyId: key.keyId, created });
});
