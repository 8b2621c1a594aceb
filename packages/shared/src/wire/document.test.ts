import fc from "fast-check";
import { verifySignature } from "http-message-sig";
import { describe, expect, test } from "vitest";
import { bytesOfBase64 } from "./base64.ts";
import { contentDigest } from "./digest.ts";
import {
  claimedKeyId,
  joinSignatures,
  signatureBase,
  signDocument,
  signProof,
  signSub,
  verifyDocument,
  verifyMember,
} from "./document.ts";
import type { SignatureHeaders, Tag } from "./document.ts";
import { collectorSigner, exampleKey, examples, journalSigner } from "./examples.fixture.ts";
import { verifyProof } from "./ed25519.ts";
import { mac, macFits } from "./mac.ts";

const { body, headers } = examples.report;
const subOnly = signDocument({ body, tag: "submeter-report", created: 1, key: exampleKey });
const other = { keyId: exampleKey.keyId, secret: new Uint8Array(32).fill(3) };
const encoder = new TextEncoder();

function verify(
  change: Partial<SignatureHeaders>,
  proof: "required" | "optional" = "optional",
  tag: Tag = "submeter-report",
) {
  const changed = { ...headers, ...change };
  return verifyDocument({ body, headers: changed, tag, ...exampleKey, proof });
}

/** Signs whatever parameters are given, as an agent that does not keep to the page would. */
function subWith(parameters: string): Partial<SignatureHeaders> {
  const base = encoder.encode(signatureBase(headers["content-digest"], parameters));
  const signature = Buffer.from(mac(exampleKey.secret, base)).toString("base64");
  return { "signature-input": `sub=${parameters}`, signature: `sub=:${signature}:` };
}

describe("a document verifies", () => {
  test("with sub and proof", () => {
    expect(verify({}, "required")).toEqual({
      kind: "verified",
      keyId: "acme-prod.1",
      created: 1767610933,
      proofKey: journalSigner.publicKey,
      sub: {
        label: "sub",
        input: headers["signature-input"].split(", ")[0],
        signature: headers.signature.split(", ")[0],
      },
      proof: {
        label: "proof",
        input: headers["signature-input"].split(", ")[1],
        signature: headers.signature.split(", ")[1],
      },
    });
  });

  test("signature by signature, as they are kept beside it", () => {
    const verified = verify({}, "required");
    if (verified.kind === "refused" || verified.proof === null) throw new Error("no signatures");
    const { sub, proof } = verified;
    const given = { body, tag: "submeter-report", key: exampleKey } as const;
    expect(verifyMember({ ...given, member: proof, key: null })).toEqual({
      kind: "verified",
      keyId: journalSigner.publicKey,
    });
    expect(verifyMember({ ...given, member: sub })).toEqual({
      kind: "verified",
      keyId: exampleKey.keyId,
    });
    const refusals = [
      { member: sub, key: other },
      { member: { ...sub, label: "proof" as const } },
      { member: { ...proof, signature: sub.signature } },
      { member: proof, body: encoder.encode("{}") },
      { member: sub, tag: "submeter-receipt" as const },
    ].map((change) => verifyMember({ ...given, ...change }));
    expect(refusals.map((refusal) => refusal.kind === "refused" && refusal.code)).toEqual([
      "signature_invalid",
      "signature_malformed",
      "signature_malformed",
      "proof_invalid",
      "tag_mismatch",
    ]);
  });

  test("with sub alone, where proof is optional", () => {
    expect(verify(subOnly)).toMatchObject({ kind: "verified", proofKey: null, proof: null });
  });

  test("with its stored proof and a new sub: the key was rotated, the proof is for ever", () => {
    const verified = verify({});
    if (verified.kind !== "verified" || verified.proof === null) throw new Error("not verified");
    const digest = contentDigest(body);
    const sub = signSub({ digest, tag: "submeter-report", created: 99, key: other });
    const signedAgain = joinSignatures(digest, [sub, verified.proof]);
    const again = verifyDocument({
      body,
      headers: signedAgain,
      tag: "submeter-report",
      ...other,
      proof: "required",
    });
    expect(again).toMatchObject({ kind: "verified", created: 99, proof: verified.proof });
  });

  test("whatever created says: it is information, never policy", () => {
    for (const created of [0, 1, 253_402_300_799]) {
      const signed = signDocument({ body, tag: "submeter-report", created, key: exampleKey });
      expect(verify(signed)).toMatchObject({ kind: "verified", created });
    }
  });

  test("with blanks around the comma, which HTTP may add where it joins lines", () => {
    const spread = headers["signature-input"].replace(", ", " ,\t ");
    expect(verify({ "signature-input": spread })).toMatchObject({ kind: "verified" });
  });
});

describe("a document is refused", () => {
  const input = headers["signature-input"];
  const [subInput = "", proofInput = ""] = input.split(", ");
  const [subSignature = "", proofSignature = ""] = headers.signature.split(", ");
  const parameters = subInput.slice("sub=".length);
  const twice = (text: string) => `${text}, ${text}`;

  test.each([
    ["another digest", { "content-digest": contentDigest(encoder.encode("x")) }, "digest_mismatch"],
    ["two digests", { "content-digest": twice(headers["content-digest"]) }, "digest_malformed"],
    ["a sha-512", { "content-digest": "sha-512=:AAAA:" }, "digest_malformed"],
    ["no sub", { "signature-input": proofInput, signature: proofSignature }, "signature_missing"],
    [
      "a repeated label",
      { "signature-input": twice(subInput), signature: subSignature },
      "signature_malformed",
    ],
    [
      "a repeated signature",
      { "signature-input": subInput, signature: twice(subSignature) },
      "signature_malformed",
    ],
    ["a signature without input", { "signature-input": subInput }, "signature_malformed"],
    ["an input without signature", { signature: subSignature }, "signature_malformed"],
    [
      "an unknown label",
      {
        "signature-input": `${input}, sig1=${parameters}`,
        signature: `${headers.signature}, ${subSignature.replace("sub", "sig1")}`,
      },
      "signature_malformed",
    ],
    ["a longer header than any", { signature: " ".repeat(2000) }, "signature_malformed"],
    [
      "a MAC without padding",
      { signature: subSignature.replace("=:", ":") },
      "signature_malformed",
    ],
    ["a shortened MAC", { signature: "sub=:AAAA:" }, "signature_malformed"],
    ["no alg", subWith(parameters.replace(';alg="hmac-sha256"', "")), "algorithm_refused"],
    ["another alg", subWith(parameters.replace("sha256", "sha512")), "algorithm_refused"],
    ["alg none", subWith(parameters.replace("hmac-sha256", "none")), "algorithm_refused"],
    ["another tag", subWith(parameters.replace("-report", "-receipt")), "tag_mismatch"],
    ["no tag", subWith(parameters.replace(/;tag=.*/, "")), "signature_malformed"],
    ["no created", subWith(parameters.replace(/;created=\d+/, "")), "signature_malformed"],
    ["a nonce", subWith(`${parameters};nonce="1"`), "signature_malformed"],
    ["expires", subWith(`${parameters};expires=9`), "signature_malformed"],
    ["another order", subWith(reordered(parameters)), "signature_malformed"],
    ["no component", subWith(parameters.replace('"content-digest"', "")), "signature_malformed"],
    [
      "a further component",
      subWith(parameters.replace('("', '("@method" "')),
      "signature_malformed",
    ],
    [
      "a component with parameters",
      subWith(parameters.replace('t")', 't";sf)')),
      "signature_malformed",
    ],
    ["another key id", subWith(parameters.replace("prod.1", "prod.2")), "signature_invalid"],
    ["a changed created", { "signature-input": input.replace("933", "934") }, "signature_invalid"],
    ["a proof by another key", proofBy("other"), "proof_invalid"],
    ["a proof with alg hmac-sha256", proofBy("mac"), "algorithm_refused"],
    ["a proof of another tag", proofBy("tag"), "tag_mismatch"],
  ] as const)("for %s", (_, change, code) => {
    expect(verify(change)).toMatchObject({ kind: "refused", code });
  });

  test.each(["content-digest", "signature-input", "signature"] as const)("without %s", (name) => {
    const { [name]: _, ...rest } = headers;
    const o = { body, tag: "submeter-report", ...exampleKey, proof: "optional" } as const;
    const code = name === "content-digest" ? "digest_missing" : "signature_missing";
    expect(verifyDocument({ ...o, headers: rest })).toMatchObject({ kind: "refused", code });
  });

  test("without proof, where it is required", () => {
    expect(verify(subOnly, "required")).toMatchObject({ kind: "refused", code: "proof_missing" });
  });

  test("under another secret", () => {
    const o = { body, headers, tag: "submeter-report", ...other, proof: "optional" } as const;
    expect(verifyDocument(o)).toMatchObject({ kind: "refused", code: "signature_invalid" });
  });

  test("as another document than it is: a report's signature makes no receipt", () => {
    const refused = { kind: "refused", code: "tag_mismatch" };
    expect(verify({}, "optional", "submeter-receipt")).toMatchObject(refused);
  });

  test("when any one bit of its body is another", () => {
    fc.assert(
      fc.property(fc.nat(body.length * 8 - 1), (bit) => {
        const changed = Uint8Array.from(body);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const o = { headers, tag: "submeter-report", ...exampleKey, proof: "optional" } as const;
        const verified = verifyDocument({ ...o, body: changed });
        expect(verified).toMatchObject({ kind: "refused", code: "digest_mismatch" });
      }),
    );
  });

  function reordered(text: string): string {
    return text.replace(/(;created=\d+)(;keyid="[^"]+")/, "$2$1");
  }

  function proofBy(fault: "other" | "mac" | "tag"): Partial<SignatureHeaders> {
    const common = { digest: headers["content-digest"], created: 5, signer: collectorSigner };
    const tag = fault === "tag" ? "submeter-receipt" : "submeter-report";
    const made = signProof({ ...common, tag });
    let text = made.input;
    if (fault === "other") text = text.replace(collectorSigner.publicKey, journalSigner.publicKey);
    if (fault === "mac") text = text.replace("ed25519", "hmac-sha256");
    return {
      "signature-input": `${subInput}, ${text}`,
      signature: `${subSignature}, ${made.signature}`,
    };
  }
});

describe("the key id of sub", () => {
  test("is read without verifying anything", () => {
    expect(claimedKeyId(headers)).toBe("acme-prod.1");
    expect(claimedKeyId({ ...headers, "content-digest": "nothing" })).toBe("acme-prod.1");
  });

  test("is null when it cannot be read", () => {
    expect(claimedKeyId({})).toBeNull();
    expect(claimedKeyId({ ...headers, signature: "sub=x" })).toBeNull();
    expect(claimedKeyId({ ...headers, "signature-input": "garbage" })).toBeNull();
  });
});

describe("http-message-sig agrees", () => {
  const bodies = fc.uint8Array({ maxLength: 64 });
  const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/);

  test("on every document that we sign and verify", async () => {
    const created = fc.nat(2 ** 31);
    await fc.assert(
      fc.asyncProperty(bodies, created, label, label, async (given, at, installation, number) => {
        const key = { keyId: `${installation}.${number}`, secret: exampleKey.secret };
        const common = { body: given, tag: "submeter-report", created: at, key } as const;
        const signed = signDocument({ ...common, proof: journalSigner });
        const o = { body: given, headers: signed, tag: "submeter-report", ...key } as const;
        expect(verifyDocument({ ...o, proof: "required" }).kind).toBe("verified");
        await expect(byLibrary(signed, "sub", key.secret)).resolves.toBe(true);
        await expect(byLibrary(signed, "proof", key.secret)).resolves.toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("that what it refuses, we refuse", async () => {
    const characters = fc.constantFrom(...Array.from('sub=();",: \tproof1Aa0'));
    await fc.assert(
      fc.asyncProperty(fc.nat(400), characters, fc.boolean(), async (position, character, cut) => {
        const name = position % 2 === 0 ? "signature" : "signature-input";
        const text = headers[name];
        const at = position % text.length;
        const changed = {
          ...headers,
          [name]: text.slice(0, at) + (cut ? "" : character) + text.slice(at + 1),
        };
        const ours = verify(changed, "required").kind === "verified";
        const theirs =
          (await byLibrary(changed, "sub", exampleKey.secret)) &&
          (await byLibrary(changed, "proof", exampleKey.secret));
        expect(ours && !theirs).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});

async function byLibrary(
  signed: SignatureHeaders,
  label: "sub" | "proof",
  secret: Uint8Array,
): Promise<boolean> {
  const algorithm = label === "sub" ? "hmac-sha256" : "ed25519";
  const fields = Object.entries(signed).map(([name, value]) => ({ name, value }));
  try {
    const verified = await verifySignature(
      { kind: "request", method: "POST", targetUri: "https://document.invalid/", fields },
      {
        label,
        policy: {
          algorithms: [algorithm],
          requiredComponents: ["content-digest"],
          requiredParameters: ["created", "keyid", "alg", "tag"],
          // What the signer's clock said is never policy.
          now: Number.MAX_SAFE_INTEGER,
        },
        resolveVerifier: ({ parameters }) => ({
          algorithm,
          verify: (base, signature) =>
            label === "sub"
              ? macFits(secret, base, signature)
              : verifyProof(parameters.keyid ?? "", base, signature),
        }),
      },
    );
    return verified.label === label;
  } catch {
    return false;
  }
}

test("a signature header is what it says, down to the byte", () => {
  const [sub = ""] = headers.signature.split(", ");
  const parameters = headers["signature-input"].split(", ")[0]?.slice("sub=".length) ?? "";
  const made = mac(
    exampleKey.secret,
    encoder.encode(
      `"content-digest": ${headers["content-digest"]}\n"@signature-params": ${parameters}`,
    ),
  );
  expect(bytesOfBase64(sub.slice("sub=:".length, -1))).toEqual(made);
});
