import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeAnswerLine, encodeBundleLine, parseAnswerLine, parseBundleLine } from "./bundle.ts";
import { verifyDocument } from "./document.ts";
import { exampleKey, examples } from "./examples.fixture.ts";

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text.replace(/\n$/, ""));
const { headers, body } = examples.report;
const { receipt } = examples;

test("a report's line brings back its very bytes, and they verify", () => {
  const text = encodeBundleLine({ headers, body });
  expect(text.indexOf("\n")).toBe(text.length - 1);
  const read = parseBundleLine(bytesOf(text));
  expect(read).toEqual({ kind: "line", line: { headers, body } });
  const verified = verifyDocument({
    body,
    headers,
    tag: "submeter-report",
    ...exampleKey,
    proof: "required",
  });
  expect(verified.kind).toBe("verified");
});

test("an answer's line does, signed or not", () => {
  const signed = {
    status: 200,
    headers: { ...receipt.headers, "submeter-outcome": "duplicate" },
    body: receipt.body,
  };
  const unsigned = {
    status: 401,
    headers: { "content-type": "application/problem+json" },
    body: encoder.encode('{"code":"key_unknown"}'),
  };
  for (const answer of [signed, unsigned]) {
    expect(parseAnswerLine(bytesOf(encodeAnswerLine(answer)))).toEqual({ kind: "answer", answer });
  }
});

test("any UTF-8 body survives its line, which never holds a line feed of its own", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(text.isWellFormed());
      const line = { headers, body: encoder.encode(text) };
      const encoded = encodeBundleLine(line);
      expect(encoded.slice(0, -1)).not.toContain("\n");
      expect(parseBundleLine(bytesOf(encoded))).toEqual({ kind: "line", line });
    }),
  );
});

test("a body that is not UTF-8 is no document and has no line", () => {
  expect(() => encodeBundleLine({ headers, body: Uint8Array.of(0xff) })).toThrow(TypeError);
});

describe("a malformed line", () => {
  const text = "{}";
  const { signature: _, ...twoHeaders } = headers;
  test.each([
    ["an empty line", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no headers", JSON.stringify({ body: text })],
    ["no body", JSON.stringify({ headers })],
    ["a body that is no text", JSON.stringify({ headers, body: {} })],
    ["a further member", JSON.stringify({ headers, body: text, status: 200 })],
    ["a header less", JSON.stringify({ headers: twoHeaders, body: text })],
    ["a header more", JSON.stringify({ headers: { ...headers, host: "x" }, body: text })],
    [
      "a header in capitals",
      JSON.stringify({ headers: { ...twoHeaders, Signature: headers.signature }, body: text }),
    ],
    [
      "a header that is no text",
      JSON.stringify({ headers: { ...twoHeaders, signature: [""] }, body: text }),
    ],
    ["a duplicate member", `{"headers":{},"body":"","body":""}`],
    ["half a character in its body", JSON.stringify({ headers, body: "\ud800" })],
  ])("with %s", (__, line) => {
    expect(parseBundleLine(encoder.encode(line))).toMatchObject({ kind: "malformed" });
  });

  test.each([99, 600, 200.5, "200", null])("with the status %j", (status) => {
    const line = encoder.encode(JSON.stringify({ status, headers: {}, body: "" }));
    expect(parseAnswerLine(line)).toMatchObject({ kind: "malformed" });
  });
});
