import { describe, expect, test } from "vitest";
import { exampleHello, exampleReceipt, exampleState } from "./examples.fixture.ts";
import { encodeHello, readHello } from "./hello.ts";
import { encodeReceipt, readReceipt } from "./receipt.ts";
import { encodeState, readState } from "./state.ts";

const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const conflict = {
  ...exampleReceipt,
  outcome: "conflict",
  code: "digest_differs",
  stored_digest: "cd".repeat(32),
} as const;

describe("what is written is read", () => {
  test("a receipt", () => {
    const read = readReceipt(encodeReceipt(exampleReceipt));
    expect(read).toEqual({ kind: "document", document: exampleReceipt });
    expect(readReceipt(encodeReceipt(conflict))).toEqual({ kind: "document", document: conflict });
  });

  test("a state", () => {
    const fuller = {
      ...exampleState,
      covered_through: null,
      fallback_at: null,
      plan: { id: "team" },
      entitlements: [],
    };
    const expected = { kind: "document", document: exampleState };
    expect(readState(encodeState(exampleState))).toEqual(expected);
    expect(readState(encodeState(fuller))).toEqual({ kind: "document", document: fuller });
  });

  test("a hello", () => {
    const extended = { ...exampleHello, x: { note: "first start" } };
    expect(readHello(encodeHello(extended))).toEqual({ kind: "document", document: extended });
  });
});

test("members are written in the page's order, whatever the order given", () => {
  const reversed = Object.fromEntries(
    Object.entries(exampleReceipt).toReversed(),
  ) as typeof exampleReceipt;
  expect(encodeReceipt(reversed)).toEqual(encodeReceipt(exampleReceipt));
  expect(Object.keys(JSON.parse(new TextDecoder().decode(encodeState(exampleState))))).toEqual([
    "version",
    "collector",
    "installation",
    "revision",
    "issued_at",
    "journals",
    "report_due_hours",
    "public_keys",
    "covered_through",
    "fallback_at",
  ]);
});

describe("what a later collector adds", () => {
  test("is left aside in receipts and states", () => {
    expect(readReceipt(encoded({ ...exampleReceipt, later: 1 })).kind).toBe("document");
    const journals = [{ ...exampleState.journals[0], later: 1 }];
    expect(readState(encoded({ ...exampleState, journals, later: 1 })).kind).toBe("document");
  });

  test("is refused in hellos, which agents write", () => {
    expect(readHello(encoded({ ...exampleHello, later: 1 }))).toMatchObject({
      kind: "unreadable",
      code: "member_unknown",
    });
  });

  test("as a version is told apart from what is broken", () => {
    const newer = { kind: "newer_version", version: 2 };
    expect(readReceipt(encoded({ ...exampleReceipt, version: 2 }))).toEqual(newer);
    expect(readState(encoded({ ...exampleState, version: 2 }))).toEqual(newer);
    expect(readHello(encoded({ ...exampleHello, version: 2 }))).toEqual(newer);
  });
});

describe("what is none is unreadable", () => {
  test.each([
    [{ outcome: "ok" }, "member_malformed"],
    [{ outcome: undefined }, "member_missing"],
    [{ code: undefined }, "member_missing"],
    [{ code: "Not A Code" }, "member_malformed"],
    [{ digest: "AB".repeat(32) }, "member_malformed"],
    [{ sequence: 0 }, "member_malformed"],
    [{ recorded_at: "2026-02-30T00:00:00Z" }, "instant_malformed"],
    [{ collector: "" }, "member_malformed"],
  ])("a receipt with %j", (change, code) => {
    const read = readReceipt(encoded({ ...exampleReceipt, ...change }));
    expect(read).toMatchObject({ kind: "unreadable", code });
  });

  test.each([
    [{ public_keys: [] }, "member_malformed"],
    [{ public_keys: ["x"] }, "member_malformed"],
    [{ journals: [exampleState.journals[0], exampleState.journals[0]] }, "journal_repeated"],
    [{ journals: [{ journal: "x", through: 0 }] }, "member_malformed"],
    [{ revision: "" }, "member_malformed"],
    [{ covered_through: "yesterday" }, "member_malformed"],
    [{ fallback_at: "2026-13-01T00:00:00Z" }, "instant_malformed"],
    [{ report_due_hours: 0 }, "member_malformed"],
  ])("a state with %j", (change, code) => {
    const read = readState(encoded({ ...exampleState, ...change }));
    expect(read).toMatchObject({ kind: "unreadable", code });
  });

  test.each(["null", "[]", "1", "", "{", '{"version":1,"version":1}'])("%j", (text) => {
    const bytes = new TextEncoder().encode(text);
    for (const read of [readReceipt, readState, readHello]) {
      expect(read(bytes).kind).toBe("unreadable");
    }
  });
});
