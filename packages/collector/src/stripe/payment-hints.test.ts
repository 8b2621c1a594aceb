import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { paymentCodes, paymentHint } from "./payment-hints.ts";

const directory = new URL("./", import.meta.url);
const source = readdirSync(directory)
  .filter((name) => name.endsWith(".ts") && !/\.(test|fixture)\.ts$|^payment-hints/.test(name))
  .map((name) => readFileSync(new URL(name, directory), "utf8"))
  .join("\n");

/** `code: "…"`, and the codes that are handed to the functions that make outcomes. */
const used = new Set(
  [...source.matchAll(/(?:code: |(?:later|refused?)\([^"()]*)"([a-z]+(?:_[a-z]+)+)"/g)].map(
    ([, code]) => code ?? "",
  ),
);

test("each code of an outcome has its next step, and no other is listed", () => {
  expect([...used].toSorted()).toEqual([...paymentCodes].toSorted());
});

test("what is no payment's code has none", () => {
  expect(paymentHint("decimal_malformed")).toBeNull();
});
