import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDimensionValue } from "../wire/names.ts";
import { fitDimensions, pseudonym } from "./fit-dimensions.ts";
import { readMeterFile } from "./meter-file.ts";
import type { Meter } from "./meter-file.ts";

const secret = new Uint8Array(32).fill(9);

function meterWith(...dimensions: object[]): Meter {
  const meter = { name: "tokens", unit: "token", aggregation: "sum", dimensions };
  const text = JSON.stringify({ version: 1, meters: [meter] });
  const file = readMeterFile(new TextEncoder().encode(text));
  const read = file.meters.get("tokens");
  if (read === undefined) throw new Error(JSON.stringify(file.faults));
  return read;
}

const meter = meterWith(
  { name: "direction", values: ["input", "output"], default: "input" },
  { name: "model" },
);

describe("labels that fit", () => {
  test("stay as they are, in the order of the declaration", () => {
    const fit = fitDimensions(meter, { model: "atlas", direction: "output" });
    expect(fit).toEqual({ kind: "fits", dimensions: { direction: "output", model: "atlas" } });
  });

  test("get the default where one is absent", () => {
    const fit = fitDimensions(meter, { model: "atlas" });
    expect(fit).toEqual({ kind: "fits", dimensions: { direction: "input", model: "atlas" } });
  });

  test.each(["sideways", ""])("%j is not declared and is counted under other", (direction) => {
    const fit = fitDimensions(meter, { direction, model: "atlas" });
    expect(fit).toEqual({ kind: "fits", dimensions: { direction: "other", model: "atlas" } });
  });

  test.each(["a b", "ünï", "x".repeat(65), "a\nb"])(
    "%j does not match the pattern and is counted under other",
    (model) => {
      const fit = fitDimensions(meter, { direction: "input", model });
      expect(fit).toEqual({ kind: "fits", dimensions: { direction: "input", model: "other" } });
    },
  );

  test("a pattern matches the whole value, alternatives included", () => {
    const either = meterWith({ name: "model", pattern: "a|b" });
    expect(fitDimensions(either, { model: "ab" })).toMatchObject({
      dimensions: { model: "other" },
    });
    expect(fitDimensions(either, { model: "b" })).toMatchObject({ dimensions: { model: "b" } });
  });
});

describe("labels that are refused", () => {
  test.each([
    [{ model: "a", colour: "red" }, "dimension_undeclared"],
    [{ model: "a", ["__proto__"]: "x" }, "dimension_undeclared"],
    [{ direction: "input" }, "dimension_missing"],
    [{ model: 7 }, "dimension_malformed"],
    [{ model: null }, "dimension_malformed"],
    [{ model: "ada@example.com" }, "dimension_personal"],
    [{ model: "a", direction: "@" }, "dimension_personal"],
  ])("%j: %s", (given, code) => {
    const fit = fitDimensions(meter, given);
    expect(fit).toMatchObject({ kind: "refused", code });
    expect(JSON.stringify(fit)).not.toContain("ada@");
  });

  test("an undeclared name that every object inherits", () => {
    const fit = fitDimensions(meterWith(), { constructor: "x" });
    expect(fit).toMatchObject({ kind: "refused", code: "dimension_undeclared" });
  });
});

test("a dimension with a name that every object inherits is absent like any other", () => {
  const inherited = meterWith({ name: "constructor" });
  expect(fitDimensions(inherited, {})).toMatchObject({ code: "dimension_missing" });
});

describe("a pseudonymous dimension", () => {
  const pseudonymous = meterWith({ name: "subject", pseudonymous: true });

  test("sends 22 characters of a keyed hash, never the value", () => {
    const fit = fitDimensions(pseudonymous, { subject: "ada@example.com" }, secret);
    const hash = createHmac("sha256", secret).update("ada@example.com").digest("base64url");
    expect(fit).toEqual({ kind: "fits", dimensions: { subject: hash.slice(0, 22) } });
  });

  test("gives one value one pseudonym under one secret, and another under another", () => {
    expect(pseudonym("ada", secret)).toBe(pseudonym("ada", secret));
    expect(pseudonym("ada", secret)).not.toBe(pseudonym("bob", secret));
    expect(pseudonym("ada", secret)).not.toBe(pseudonym("ada", new Uint8Array(32)));
  });

  test("cannot do without the secret", () => {
    expect(() => fitDimensions(pseudonymous, { subject: "ada" })).toThrow(RangeError);
  });
});

test("whatever the product sends, only what the wire admits leaves, and no @", () => {
  const free = meterWith({ name: "a", pattern: "(?s:.)*" }, { name: "b", pseudonymous: true });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const fit = fitDimensions(free, { a, b }, secret);
      const sent = fit.kind === "fits" ? Object.values(fit.dimensions) : [];
      expect(fit.kind === "refused").toBe(a.includes("@"));
      expect(sent.every(isDimensionValue)).toBe(true);
    }),
  );
});
