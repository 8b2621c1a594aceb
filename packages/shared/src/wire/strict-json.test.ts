import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonDepthMax, parseStrictJson } from "./strict-json.ts";

const encoder = new TextEncoder();
const read = (text: string) => parseStrictJson(encoder.encode(text));

describe("what is malformed", () => {
  test.each([
    { given: '{"a":1,"a":1}', expected: "json_duplicate_member" },
    { given: String.raw`{"a":1,"\u0061":2}`, expected: "json_duplicate_member" },
    { given: '{"x":[{"b":{}},{"b":{"c":1,"d":2,"c":3}}]}', expected: "json_duplicate_member" },
    { given: '{"__proto__":1,"__proto__":2}', expected: "json_duplicate_member" },
    { given: '{"":1,"":2}', expected: "json_duplicate_member" },
    { given: "", expected: "json_malformed" },
    { given: "{'a':1}", expected: "json_malformed" },
    { given: '{"a":1,}', expected: "json_malformed" },
    { given: '{"a":NaN}', expected: "json_malformed" },
    { given: '{"a":01}', expected: "json_malformed" },
    { given: '{"a":1} {"a":1}', expected: "json_malformed" },
    { given: '\uFEFF{"a":1}', expected: "json_malformed" },
    { given: '{"a":"\u0000"}', expected: "json_malformed" },
    {
      given: "[".repeat(jsonDepthMax + 1) + "]".repeat(jsonDepthMax + 1),
      expected: "json_malformed",
    },
    { given: "[".repeat(500_000), expected: "json_malformed" },
  ])("$given is $expected", ({ given, expected }) => {
    expect(read(given)).toMatchObject({ kind: "malformed", code: expected });
  });

  test.each([
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a cut character", [0x22, 0xe2, 0x82]],
  ])("%s is not UTF-8", (_, bytes) => {
    const malformed = { kind: "malformed", code: "utf8_malformed" };
    expect(parseStrictJson(Uint8Array.from(bytes))).toMatchObject(malformed);
  });

  test("what it says never repeats the text", () => {
    const said = JSON.stringify([read('{"password":hunter2}'), read('{"hunter2":1,"hunter2":2}')]);
    expect(said).not.toContain("hunter2");
  });
});

describe("what is a value", () => {
  test.each([
    String.raw`{"a":"\":,{}[]","b":["\\",":"]}`,
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"__proto__":{"toString":1}}',
    "[".repeat(jsonDepthMax) + "]".repeat(jsonDepthMax),
    ' { "a" : 1 } ',
    "null",
    '"é€😀"',
  ])("%s is what JSON.parse makes of it", (text) => {
    expect(read(text)).toEqual({ kind: "value", value: JSON.parse(text) });
  });

  test("any JSON is, however its white space and its escapes are written", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }),
        fc.constantFrom("", "\t", "  "),
        (value, indent) => {
          const text = escaped(JSON.stringify(value, null, indent));
          expect(read(text)).toEqual({ kind: "value", value: JSON.parse(text) });
        },
      ),
    );
  });

  test("any text is refused when JSON.parse refuses it, and only then or for a duplicate", () => {
    const character = fc.constantFrom(...Array.from('{}[]:,"\\ab01eE.-+ \n'));
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 24 }), (text) => {
        const strict = read(text);
        const duplicate = strict.kind === "malformed" && strict.code === "json_duplicate_member";
        expect(strict.kind === "malformed" && !duplicate).toBe(!parses(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("an object is refused exactly when a name is written twice", () => {
    const names = fc.array(fc.constantFrom("a", "b", "c", "\u00e9", "__proto__", "a\u0000"), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(names, fc.boolean(), (given, escape) => {
        const text = `{${given.map((name, index) => `${member(name, escape && index % 2 === 0)}:${index}`).join(",")}}`;
        expect(read(text).kind).toBe(new Set(given).size === given.length ? "value" : "malformed");
      }),
    );
  });
});

function member(name: string, escape: boolean): string {
  return escape ? escaped(JSON.stringify(name)) : JSON.stringify(name);
}

/** Writes letters and what is not ASCII as \u escapes, inside of strings only. */
function escaped(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"/g, (literal) =>
    literal.replaceAll(/\\.|[a-z\u0080-\uffff]/g, (unit) =>
      unit.startsWith("\\") ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
