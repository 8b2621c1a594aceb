import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { packDocument, unpackDocument } from "./body-codec.ts";
import { dictionary1 } from "./body-dictionary.ts";

const document = {
  body: Buffer.from(
    '{"version":1,"installation":"acme","journal":"00000000-0000-4000-8000-000000000001","sequence":1}',
  ),
  signature_input:
    'sub=("content-digest");created=1767571200;keyid="acme.1";alg="hmac-sha256";tag="submeter-report"',
  signature: "sub=:qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=:",
};

describe("the codec of signed bytes", () => {
  test("gives back what it was given, byte for byte, line feeds and bytes that are no text included", () => {
    const bodies = [Buffer.alloc(0), Buffer.from("\n\n"), Buffer.from([0, 0xff, 0x0a, 0x80])];
    for (const body of [document.body, ...bodies]) {
      const packed = packDocument({ ...document, body });
      expect(unpackDocument(packed)).toEqual({ ...document, body });
    }
  });

  test("still reads what was packed when deflate-1 came into being", () => {
    const packed = Buffer.from(stored, "base64");
    expect(unpackDocument({ codec: "deflate-1", packed })).toEqual(document);
  });

  test("has the dictionary that it was written with", () => {
    const digest = createHash("sha256").update(dictionary1).digest("hex");
    expect(digest).toBe(dictionaryDigest);
  });

  test("reads what was stored before there were codecs", () => {
    const { body, signature_input: input, signature } = document;
    const packed = Buffer.concat([Buffer.from(`${input}\n${signature}\n`), body]);
    expect(unpackDocument({ codec: "plain", packed })).toEqual(document);
  });

  test("says which version is needed for a codec that it does not know", () => {
    const read = () => unpackDocument({ codec: "lzma-9", packed: Buffer.alloc(0) });
    expect(read).toThrow(expect.objectContaining({ code: "codec_unknown" }));
  });
});

const stored = "IzmfJSbnppKQ1yA5opBokE8ow4DsR8k0BlCgC6J1TUCEBYiAiRsYGBiiZqxaAA==";
const dictionaryDigest = "268ad3d5a17a742a00b862f4b938b1028f6364dc00f45e9a9e076ec959f13cc7";
