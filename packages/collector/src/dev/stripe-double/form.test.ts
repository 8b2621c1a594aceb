import { describe, expect, test } from "vitest";
import { parseForm } from "./form.ts";
import type { FormTree } from "./form.ts";
import { StripeRefusal } from "./refusal.ts";

function plain(tree: FormTree): unknown {
  return typeof tree === "string"
    ? tree
    : Object.fromEntries([...tree].map(([name, value]) => [name, plain(value)]));
}

describe("form-encoded parameters", () => {
  test.each([
    { given: "", expected: {} },
    { given: "a=1&b=x%20y", expected: { a: "1", b: "x y" } },
    { given: "a[b][c]=1&a[b][d]=2", expected: { a: { b: { c: "1", d: "2" } } } },
    { given: "a%5Bb%5D=1", expected: { a: { b: "1" } } },
    { given: "l[0][x]=1&l[1][x]=2", expected: { l: { 0: { x: "1" }, 1: { x: "2" } } } },
    { given: "l[]=a&l[]=b", expected: { l: { 0: "a", 1: "b" } } },
    { given: "a=", expected: { a: "" } },
    { given: "a[__proto__]=1", expected: { a: Object.fromEntries([["__proto__", "1"]]) } },
  ])("$given", ({ given, expected }) => {
    expect(plain(parseForm(given))).toEqual(expected);
  });

  test.each(["[a]=1", "a[b=1", "a]b=1", "a=1&a=2", "a=1&a[b]=2", `a${"[b]".repeat(12)}=1`])(
    "%s cannot be read",
    (given) => {
      expect(() => parseForm(given)).toThrow(StripeRefusal);
    },
  );
});
