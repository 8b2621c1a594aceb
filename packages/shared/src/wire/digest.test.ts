import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { base64, base64Url, bytesOfBase64, bytesOfBase64Url, hex } from "./base64.ts";
import { contentDigest, digestHex, isContentDigest } from "./digest.ts";

test("a digest is what node:crypto makes of the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      const hash = createHash("sha256").update(body).digest();
      expect(contentDigest(body)).toBe(`sha-256=:${hash.toString("base64")}:`);
      expect(digestHex(body)).toBe(hash.toString("hex"));
      expect(isContentDigest(contentDigest(body))).toBe(true);
    }),
  );
});

test("base64, base64url and hexadecimal are what Buffer makes of the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(base64(bytes)).toBe(buffer.toString("base64"));
      expect(base64Url(bytes)).toBe(buffer.toString("base64url"));
      expect(hex(bytes)).toBe(buffer.toString("hex"));
      expect(bytesOfBase64(base64(bytes))).toEqual(new Uint8Array(bytes));
      expect(bytesOfBase64Url(base64Url(bytes))).toEqual(new Uint8Array(bytes));
    }),
  );
});

const right = contentDigest(new Uint8Array());

test.each([
  ["two digests", `${right}, ${right}`],
  ["another algorithm", right.replace("sha-256", "sha-512")],
  ["two algorithms", `${right}, sha-512=:AAAA:`],
  ["parameters", `${right};q=1`],
  ["no padding", right.replace("=:", ":")],
  ["unused bits", right.replace("U=:", "V=:")],
  ["blanks", ` ${right}`],
  ["capitals", right.replace("sha", "SHA")],
])("a content-digest with %s is none", (_, text) => {
  expect(text).not.toBe(right);
  expect(isContentDigest(text)).toBe(false);
});
