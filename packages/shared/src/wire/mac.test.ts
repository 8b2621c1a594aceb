import { createSignatureSync } from "http-message-sig";
import { describe, expect, test } from "vitest";
import { bytesOfBase64, hex } from "./base64.ts";
import { mac, macFits } from "./mac.ts";
import rfc4231 from "./vectors/rfc4231-hmac-sha256.json" with { type: "json" };
import b25 from "./vectors/rfc9421-b25-hmac-sha256.json" with { type: "json" };
import wycheproof from "./vectors/wycheproof-hmac-sha256.json" with { type: "json" };

const encoder = new TextEncoder();

describe("RFC 4231", () => {
  for (const vector of rfc4231) {
    test(`case ${vector.case}`, () => {
      const made = mac(bytesOfHex(vector.key_hex), bytesOfHex(vector.data_hex));
      const length = vector.truncate_bytes ?? made.length;
      expect(hex(made.subarray(0, length))).toBe(vector.hmac_sha256_hex);
    });
  }
});

describe("Wycheproof HMAC-SHA-256", () => {
  const cases = wycheproof.testGroups.flatMap((group) =>
    group.tests.map((vector) => ({ ...vector, tagSize: group.tagSize })),
  );

  test("all 174 cases are here", () => {
    expect(cases).toHaveLength(wycheproof.numberOfTests);
  });

  test.each(cases)("$tcId, $tagSize bits: $comment is $result", (vector) => {
    const secret = bytesOfHex(vector.key);
    const message = bytesOfHex(vector.msg);
    const tag = bytesOfHex(vector.tag);
    const shortened = mac(secret, message).subarray(0, vector.tagSize / 8);
    expect(hex(shortened) === vector.tag).toBe(vector.result === "valid");
    // The wire has whole MACs only: a shortened one never fits, be it right or wrong.
    const whole = vector.tagSize === 256;
    expect(macFits(secret, message, tag)).toBe(whole && vector.result === "valid");
  });
});

test("a MAC with a byte more or less does not fit", () => {
  const secret = new Uint8Array(32);
  const made = mac(secret, encoder.encode("message"));
  const longer = Uint8Array.of(...made, 0);
  expect(macFits(secret, encoder.encode("message"), made)).toBe(true);
  expect(macFits(secret, encoder.encode("message"), longer)).toBe(false);
  expect(macFits(secret, encoder.encode("message"), made.subarray(1))).toBe(false);
});

describe("RFC 9421, B.2.5", () => {
  const secret = bytesOfBase64(b25.shared_secret_base64);

  test("the signature base has exactly this MAC", () => {
    const signature = `sig-b25=:${btoa(String.fromCharCode(...mac(secret, encoder.encode(b25.signature_base))))}:`;
    expect(signature).toBe(b25.signature);
  });

  test("the library that signs our documents makes the same headers, byte for byte", () => {
    const bases: string[] = [];
    const made = createSignatureSync(
      {
        kind: "request",
        method: b25.request.method,
        targetUri: `https://example.com${b25.request.target}`,
        fields: b25.request.headers.map(([name = "", value = ""]) => ({ name, value })),
      },
      {
        label: "sig-b25",
        components: b25.covered,
        parameters: { created: b25.created, keyid: b25.keyid },
        signer: {
          algorithm: "hmac-sha256",
          sign: (base) => {
            bases.push(new TextDecoder().decode(base));
            return mac(secret, base);
          },
        },
      },
    );
    expect(made).toEqual({ signature: b25.signature, signatureInput: b25.signature_input });
    expect(bases).toEqual([b25.signature_base]);
  });
});

function bytesOfHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}
