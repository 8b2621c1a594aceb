/** What is settled after the close: corrections, their ways, the invoices that carry them, and the proof of what was billed. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FallbackPolicy } from "../contracts/contract.ts";
import { add, compare, decimal, format, negate, sum, zero } from "../numbers/decimal.ts";
import { canonicalJson } from "./canonical.ts";
import {
  computeStatement,
  decodeStatement,
  encodeStatement,
  engineVersion,
} from "./compute-statement.ts";
import type { Correction } from "./correction.ts";
import { correctionBetween } from "./correction.ts";
import { decodeInputs, encodeInputs } from "./encode-inputs.ts";
import { composeInvoice, composeSettlement } from "./invoice.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  at,
  contractOf,
  inputsOf,
  installationOf,
  journalOf,
  requestsPlan,
  span,
  statementOf,
} from "./rating.fixture.ts";
import { replay } from "./replay.ts";
import type { Statement } from "./statement.ts";
import {
  creditByLine,
  isTooLate,
  judgeCorrection,
  settleCorrections,
} from "./settle-corrections.ts";

const contract = contractOf({ minimum: { amount: "1000" }, fallback: "share" });
const whole = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "10 Feb")] })],
});
const silent = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "29 Jan")] })],
});

function situation(known: string, change: Partial<Situation> = {}): Situation {
  return { contract, now: "10 Feb", installations: [whole], known: { "site/a": known }, ...change };
}

/** A correction of January by so much, and nothing else of interest. */
function correctionOf(total: string, change: Partial<Correction> = {}): Correction {
  const lines = [
    {
      line: "requests",
      kind: "usage" as const,
      description: "Requests",
      period: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
      before: "1000.00",
      after: format(add(decimal("1000.00"), decimal(total))),
      amount: total,
    },
  ];
  const bounds = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
  return {
    version: 1,
    customer: "acme",
    contract: "acme-2026",
    currency: "USD",
    period: { ...bounds, cycle_from: bounds.from, cycle_to: bounds.to },
    from_number: 1,
    to_number: 2,
    basis: { before: "fallback", after: "measured" },
    settles: true,
    direction: total.startsWith("-") ? "decrease" : "increase",
    lines,
    total,
    original_total: "1000.00",
    ...change,
  };
}
const ofFebruary = {
  period: {
    from: "2026-02-01T00:00:00Z",
    to: "2026-03-01T00:00:00Z",
    cycle_from: "2026-02-01T00:00:00Z",
    cycle_to: "2026-03-01T00:00:00Z",
  },
};

describe("a correction", () => {
  test("is the difference of two statements, line by line, with what was before and after", () => {
    const before = statementOf(situation("225806", { now: "2 Feb", installations: [silent] }));
    const after = statementOf(situation("250000", { number: 2 }));
    expect(correctionBetween(before, after)).toMatchObject({
      from_number: 1,
      to_number: 2,
      basis: { before: "fallback", after: "measured" },
      settles: true,
      lines: [
        { line: "requests", before: "2258.06", after: "2500.00", amount: "241.94" },
        { line: "minimum#share", before: "96.77", after: null, amount: "-96.77" },
      ],
      total: "145.17",
      original_total: "2354.83",
    });
  });

  test("needs two statements of one period, the later one second", () => {
    const one = statementOf(situation("1"));
    const february = statementOf(situation("1", { during: "1 Feb", number: 2 }));
    expect(() => correctionBetween(one, one)).toThrow("does not follow");
    expect(() => correctionBetween(one, february)).toThrow("does not follow");
  });

  test("booked and corrected is the same as all at once, whatever came in between", () => {
    const steps = fc.array(
      fc.record({ known: fc.nat(400_000), day: fc.integer({ min: 2, max: 31 }) }),
      { minLength: 2, maxLength: 6 },
    );
    const policy = fc.constantFrom<FallbackPolicy>("floor", "share", "estimate");
    fc.assert(
      fc.property(steps, policy, (all, fallback) => {
        const statements = all.map(({ known, day }, index) =>
          statementOf({
            contract: { ...contract, fallback },
            now: "10 Feb",
            installations: [
              installationOf({
                journals: [journalOf({ journal: "a", coverage: [span("1 Jan", `${day} Jan`)] })],
              }),
            ],
            known: { "site/a": String(known) },
            history: { "site/a": String(known) },
            number: index + 1,
          }),
        );
        const corrections = statements
          .slice(1)
          .map((after, index) => correctionBetween(statements[index] ?? after, after));
        const booked = decimal(statements[0]?.total ?? "0");
        const total = add(booked, sum(corrections.map((one) => decimal(one.total))));
        expect(format(total)).toBe(format(decimal(statements.at(-1)?.total ?? "0")));
        for (const one of corrections) {
          expect(format(sum(one.lines.map(({ amount }) => decimal(amount))))).toBe(
            format(decimal(one.total)),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test("of late data is never negative under floor", () => {
    fc.assert(
      fc.property(
        fc.nat(400_000),
        fc.nat(400_000),
        fc.integer({ min: 1, max: 30 }),
        (early, late, day) => {
          const floor = { ...contract, fallback: "floor" as const };
          const before = statementOf(
            situation(String(early), {
              contract: floor,
              installations: [
                installationOf({
                  journals: [
                    journalOf({ journal: "a", coverage: [span("1 Jan", `${day} Jan 12:00`)] }),
                  ],
                }),
              ],
            }),
          );
          const after = statementOf(
            situation(String(early + late), { contract: floor, number: 2 }),
          );
          expect(correctionBetween(before, after).direction).not.toBe("decrease");
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("what becomes of a correction", () => {
  const judged = (correction: Correction, approvalOver = "0", now = "10 Feb") =>
    judgeCorrection(correction, { contract, now: at(now), approvalOver: decimal(approvalOver) });

  test.each([
    { total: "200.00", approvalOver: "0", verdict: "ready" },
    { total: "200.01", approvalOver: "0", verdict: "approval" },
    { total: "200.01", approvalOver: "500", verdict: "ready" },
    { total: "500.01", approvalOver: "500", verdict: "approval" },
    { total: "-200.01", approvalOver: "0", verdict: "approval" },
  ])(
    "$total of 1,000.00, the vendor's amount $approvalOver: $verdict",
    ({ total, approvalOver, verdict }) => {
      expect(judged(correctionOf(total), approvalOver)).toBe(verdict);
    },
  );

  test("an increase is too late after 12 months, a decrease after 36", () => {
    expect(judged(correctionOf("1.00"), "0", "1 Feb 00:00:01 2027")).toBe("too_late");
    expect(judged(correctionOf("-1.00"), "0", "1 Feb 00:00:01 2027")).toBe("ready");
    expect(judged(correctionOf("-1.00"), "0", "1 Feb 00:00:01 2029")).toBe("too_late");
  });

  test("small increases are carried until they can be charged together", () => {
    const small = [correctionOf("0.20"), correctionOf("0.29", ofFebruary)];
    expect(settleCorrections(small, "USD").carried).toEqual(small);
    const enough = [...small, correctionOf("0.01", { from_number: 2, to_number: 3 })];
    expect(settleCorrections(enough, "USD").debit).toHaveLength(3);
  });

  test("within a period a decrease is set against an increase, across periods it is not", () => {
    const up = correctionOf("30.00");
    const down = correctionOf("-10.00", { from_number: 2, to_number: 3 });
    expect(settleCorrections([up, down], "USD")).toMatchObject({ debit: [up, down], credit: [] });
    const other = correctionOf("-10.00", ofFebruary);
    expect(settleCorrections([up, other], "USD")).toMatchObject({ debit: [up], credit: [[other]] });
  });

  test("a decrease of exactly the least charge is credited, a smaller one waits", () => {
    const [least, smaller] = ["-0.50", "-0.49"].map((total, index) => {
      const from = `2026-0${index + 1}-01T00:00:00Z`;
      return correctionOf(total, { period: { ...correctionOf(total).period, from } });
    });
    expect(settleCorrections([least!, smaller!], "USD")).toEqual({
      debit: [],
      credit: [[least]],
      carried: [smaller],
    });
  });

  test("nothing is never too late", () => {
    expect(isTooLate([], { contract, now: at("1 Jan 2099") })).toBe(false);
  });

  test("each correction goes exactly one way, and the ways sum to what was ready", () => {
    const some = fc.array(
      fc.record({ cents: fc.integer({ min: -100, max: 100 }), february: fc.boolean() }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(some, (all) => {
        const ready = all.map(({ cents, february }) =>
          correctionOf(
            format({ coefficient: BigInt(cents), scale: 2 }),
            february ? ofFebruary : {},
          ),
        );
        const { debit, credit, carried } = settleCorrections(ready, "USD");
        const out = [...debit, ...credit.flat(), ...carried];
        expect(new Set(out)).toEqual(new Set(ready));
        expect(out).toHaveLength(ready.length);
        expect(compare(sum(debit.map(({ total }) => decimal(total))), zero)).toBeGreaterThanOrEqual(
          0,
        );
      }),
    );
  });

  test("a line that loses nothing in the end is not on the credit note", () => {
    const [line] = correctionOf("0.00").lines;
    const lines = ["-0.01", "-10.00", "10.00"].map((amount, index) => ({
      ...line!,
      line: `line-${index}`,
      amount,
    }));
    expect(creditByLine([correctionOf("-0.01", { lines })], "USD")).toEqual([
      { line: "line-1", amount: "0.01" },
    ]);
  });

  test("a credit note takes a decrease from the lines that fall, and its parts sum to it", () => {
    const changes = fc.array(fc.integer({ min: -5000, max: 2000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(changes, (cents) => {
        const total = cents.reduce((a, b) => a + b, 0);
        const [line] = correctionOf("0.00").lines;
        const correction = correctionOf("-1.00", {
          lines: cents.map((minor, index) => ({
            ...line!,
            line: `line-${index}`,
            amount: format({ coefficient: BigInt(minor), scale: 2 }),
          })),
        });
        const parts = creditByLine([correction], "USD");
        const credited = sum(parts.map(({ amount }) => decimal(amount)));
        expect(format(credited)).toBe(
          format(negate({ coefficient: BigInt(Math.min(0, total)), scale: 2 })),
        );
        expect(parts.every(({ line: id }) => (cents[Number(id.slice(5))] ?? 0) < 0)).toBe(true);
        expect(parts.every(({ amount }) => compare(decimal(amount), zero) > 0)).toBe(true);
      }),
    );
  });
});

describe("a correction is between two statements of", () => {
  const before = statementOf(situation("100000"));
  const after = { ...statementOf(situation("200000")), number: 2 };
  test.each<{ one: string; change: Partial<Statement> }>([
    { one: "contract", change: { contract: { ...after.contract, id: "other" } } },
    { one: "period", change: { period: { ...after.period, from: "2026-02-01T00:00:00Z" } } },
    { one: "scope", change: { scope: "opening" } },
    { one: "currency", change: { currency: "EUR" } },
    { one: "order", change: { number: 1 } },
  ])("one $one", ({ change }) => {
    expect(correctionBetween(before, after).total).toBe("1000.00");
    expect(() => correctionBetween(before, { ...after, ...change })).toThrow("does not follow");
  });
});

describe("an invoice", () => {
  test("is the sum of its lines, the adjustments beside the statement", () => {
    const statement = statementOf(situation("100000"));
    const adjusted = composeInvoice(statement, [
      { invoice: { number: null, date: "2026-02-02" }, correction: correctionOf("12.34") },
    ]);
    expect(adjusted).toMatchObject({
      statement_total: "1000.00",
      adjustments_total: "12.34",
      total: "1012.34",
    });
    expect(adjusted.lines.at(-1)?.description).toBe(
      "Adjustment to the invoice of 2026-02-02, service period 2026-01-01 to 2026-02-01: Requests",
    );
    const ids = adjusted.lines.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("after the contract's end carries adjustments alone, and is none without them", () => {
    const invoice = { number: "A-1", date: "2026-02-02" };
    expect(composeSettlement([{ invoice, correction: correctionOf("12.34") }])).toMatchObject({
      statement: null,
      total: "12.34",
    });
    expect(composeSettlement([])).toBeNull();
  });

  test("is never negative", () => {
    const statement = statementOf(situation("100000"));
    const invoice = { number: "A-1", date: "2026-02-02" };
    expect(() =>
      composeInvoice(statement, [{ invoice, correction: correctionOf("-1000.01") }]),
    ).toThrow("-0.01 USD");
  });
});

describe("replay", () => {
  const inputs = inputsOf(situation("225806", { now: "2 Feb", installations: [silent] }));
  const stored = encodeStatement(computeStatement(inputs));

  test("gives equal bytes from the frozen inputs, in whatever order they were gathered", () => {
    expect(replay(inputs, stored)).toEqual({ kind: "equal", engine: engineVersion });
    expect(replay(encodeInputs(inputs), stored).kind).toBe("equal");
    expect(replay(decodeInputs(encodeInputs(inputs)), stored).kind).toBe("equal");
  });

  test("is independent of the order of rows and members", () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({
      journal: index % 2 === 0 ? "a" : "b",
      window: `2026-01-0${1 + (index % 3)}T0${index % 5}:00:00Z`,
      dimensions: { model: `m${index % 4}`, zone: "z" },
      quantity: String(index + 1),
    }));
    const some = inputsOf(situation("1", { usage: rows }));
    const bytes = encodeStatement(computeStatement(some));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...some.usage], { minLength: some.usage.length }),
        (usage) => {
          const turned = usage.map((row) => ({
            ...row,
            dimensions: Object.fromEntries(Object.entries(row.dimensions).toReversed()),
          }));
          expect(encodeStatement(computeStatement({ ...some, usage: turned }))).toEqual(bytes);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("tells another engine from a broken promise", () => {
    const statement = decodeStatement(stored);
    const older = encodeStatement({ ...statement, engine: "0", total: "2354.84" });
    expect(replay(inputs, older)).toMatchObject({ kind: "engine_changed" });
    const forged = encodeStatement({ ...statement, total: "2354.84" });
    expect(replay(inputs, forged)).toMatchObject({
      kind: "broken",
      detail: "the same inputs and engine 1 came to 2354.84 and now come to 2354.83",
    });
    const other = { ...inputs, plan: { ...requestsPlan, description: "changed" } };
    const found = replay(other, stored);
    expect(found.kind === "broken" && found.detail).toMatch(
      /^the inputs' digest is [0-9a-f]{64}, /,
    );
    const longer = Uint8Array.from([...stored, 10]);
    expect(replay(inputs, longer).kind).toBe("broken");
    expect(replay(new Uint8Array([123]), stored)).toMatchObject({ kind: "broken" });
  });

  test("inputs that contradict themselves are not rated", () => {
    expect(() => computeStatement({ ...inputs, plan: { ...requestsPlan, version: 2 } })).toThrow(
      "names the plan requests version 1",
    );
    const [row] = inputs.usage;
    for (const window of ["2026-02-01T00:00:00Z", "2025-12-31T23:00:00Z"]) {
      const stray = { ...row!, window };
      expect(() => computeStatement({ ...inputs, usage: [stray] })).toThrow(
        "outside of the period",
      );
    }
    expect(() => computeStatement({ ...inputs, plan: { ...requestsPlan, id: "other" } })).toThrow(
      "given is other version 1",
    );
  });
});

describe("canonical JSON", () => {
  test("sorts members, keeps the order of arrays, and leaves out what is undefined", () => {
    expect(canonicalJson({ b: [2, 1], a: "é\n", c: undefined, ä: null })).toBe(
      '{"a":"é\\n","b":[2,1],"ä":null}',
    );
  });

  test.each([
    { value: 0.1, named: "the number 0.1" },
    { value: Number.NaN, named: "the number NaN" },
    { value: 2 ** 53, named: "the number 9007199254740992" },
    { value: 1n, named: "a bigint" },
    { value: () => 1, named: "a function" },
  ])("has no place for $named", ({ value, named }) => {
    expect(() => canonicalJson({ value })).toThrow(`${named} has no canonical JSON`);
  });
});
