/** What holds for every plan and every usage, by generated ones; a failure prints the seed that replays it. */

import { Decimal as Oracle } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkContract } from "../contracts/check-contract.ts";
import { checkPlan } from "../contracts/check-plan.ts";
import type { PriceModel } from "../contracts/price-model.ts";
import type { PlanDocument, UsageLine } from "../contracts/plan.ts";
import { SubmeterError } from "../errors/submeter-error.ts";
import { decimal, formatFixed, isNegative, sum } from "../numbers/decimal.ts";
import { computeStatement, encodeStatement } from "./compute-statement.ts";
import { correctionBetween } from "./correction.ts";
import type { Carry } from "./carry.ts";
import { contractOf, inputsOf } from "./rating.fixture.ts";
import type { StatementInputs, UsageRow } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

const price = fc
  .nat(1_000_000)
  .map((micro) => formatFixed({ coefficient: BigInt(micro), scale: 6 }, 6));
const quantity = fc.nat(100_000).map(String);
const bounds = fc
  .uniqueArray(fc.integer({ min: 1, max: 50_000 }), { minLength: 0, maxLength: 4 })
  .map((all) => [...all.toSorted((a, b) => a - b).map(String), null]);

/** Unit prices that never fall: what more of it costs is never less. */
const rising = fc
  .record({ bounds, prices: fc.array(price, { minLength: 5, maxLength: 5 }) })
  .map(({ bounds: all, prices }): PriceModel => ({
    model: "graduated",
    tiers: all.map((up_to, index) => ({ up_to, unit_price: prices[index] ?? "0", flat: "1" })),
  }));
const volume = fc
  .record({ bounds, prices: fc.array(price, { minLength: 5, maxLength: 5 }) })
  .map(({ bounds: all, prices }): PriceModel => ({
    model: "volume",
    tiers: all.map((up_to, index) => ({ up_to, unit_price: prices[index] ?? "0" })),
  }));
const packages = fc
  .record({ size: fc.integer({ min: 1, max: 5000 }), amount: price })
  .map(({ size, amount }): PriceModel => ({ model: "package", size: String(size), amount }));

/** Lines whose total never falls when more is used. */
const monotone = fc.oneof(
  price.map((unit_price): Partial<UsageLine> => ({ unit_price })),
  fc.record({ unit_price: price, included: quantity }).map((of): Partial<UsageLine> => of),
  fc.record({ unit_price: price, maximum: quantity }).map((of): Partial<UsageLine> => of),
  rising.map((model): Partial<UsageLine> => ({ price: model })),
  packages.map((model): Partial<UsageLine> => ({ price: model })),
);
const anyLine = fc.oneof(
  monotone,
  volume.map((model): Partial<UsageLine> => ({ price: model })),
  fc
    .record({ unit_price: price, quota: quantity, maximum: quantity, pack: quantity })
    .map(({ unit_price, quota, maximum, pack }): Partial<UsageLine> => ({
      unit_price,
      included: quota,
      rollover: { maximum },
      packs: [{ id: "pack", quantity: pack, amount: "3" }],
    })),
);

const row = fc
  .record({
    hour: fc.nat(743),
    quantity,
    journal: fc.constantFrom("a", "b"),
    kind: fc.constantFrom("x", "y"),
  })
  .map(({ hour, journal, kind, ...of }): UsageRow => ({
    ...of,
    journal,
    installation: "site",
    meter: "requests",
    dimensions: { kind },
    window: hourOf(0, hour),
  }));
const rows = fc.array(row, { maxLength: 30 });

function hourOf(month: number, hour: number): string {
  return new Date(Date.UTC(2026, month, 1, hour)).toISOString().replace(".000", "");
}

function planOf(line: Partial<UsageLine>): PlanDocument {
  return {
    version: 1,
    id: "requests",
    currency: "USD",
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    lines: [
      {
        id: "requests",
        kind: "usage",
        meter: "requests",
        prices: [{ dimensions: { kind: "y" }, unit_price: "0.02" }],
        ...line,
      },
    ],
  };
}

function inputs(
  line: Partial<UsageLine>,
  usage: readonly UsageRow[],
  more: { readonly number?: number; readonly carried?: Carry; readonly during?: string } = {},
): StatementInputs {
  const contract = contractOf({
    minimum: { amount: "50" },
    fallback: "floor",
    ...(line.packs === undefined
      ? {}
      : { packs: [{ id: "p1", line: "requests", pack: "pack", at: "2026-01-03T00:00:00Z" }] }),
  });
  const { number = 1, carried = {}, during = "1 Jan" } = more;
  const made = inputsOf({
    plan: planOf(line),
    contract,
    now: "9 Mar",
    installations: [],
    usage,
    number,
    during,
  });
  return { ...made, carried: { ...made.carried, ...carried } };
}

const bytes = (statement: Statement) => new TextDecoder().decode(encodeStatement(statement));

function thrownBy(work: () => unknown): string {
  try {
    work();
    return "nothing";
  } catch (error) {
    return error instanceof SubmeterError ? "its own" : String(error);
  }
}

describe("for every plan and usage", () => {
  test("rating twice, and in any order of its rows, gives the same bytes", () => {
    fc.assert(
      fc.property(anyLine, rows, fc.nat(), (line, usage, turn) => {
        const once = bytes(computeStatement(inputs(line, usage)));
        const turned = usage
          .toSorted(
            (a, b) => ((a.quantity.length * 7 + turn) % 5) - ((b.quantity.length * 7 + turn) % 5),
          )
          .toReversed();
        expect(bytes(computeStatement(inputs(line, turned)))).toBe(once);
      }),
    );
  });

  test("under `floor` more usage at monotone prices is never credited", () => {
    fc.assert(
      fc.property(monotone, rows, rows, (line, known, late) => {
        const before = computeStatement(inputs(line, known));
        const after = computeStatement(inputs(line, [...known, ...late], { number: 2 }));
        expect(isNegative(decimal(correctionBetween(before, after).total))).toBe(false);
      }),
    );
  });

  test("booked and corrections are what all at once comes to, through what one period hands to the next", () => {
    fc.assert(
      fc.property(anyLine, rows, rows, rows, (line, january, late, february) => {
        const shifted = february.map((one) => ({
          ...one,
          window: one.window.replace("-01-", "-02-").replace(/-02-(29|30|31)/, "-02-28"),
        }));
        const second = (first: Statement, number: number) =>
          computeStatement(
            inputs(line, shifted, { number, during: "1 Feb", carried: first.carry ?? {} }),
          );
        const [first, all] = [
          computeStatement(inputs(line, january)),
          computeStatement(inputs(line, [...january, ...late], { number: 2 })),
        ];
        const [booked, again] = [second(first, 1), second(all, 2)];
        const corrections = [correctionBetween(first, all), correctionBetween(booked, again)];
        const settled = sum([first, booked, ...corrections].map(({ total }) => decimal(total)));
        expect(formatFixed(settled, 2)).toBe(
          formatFixed(sum([decimal(all.total), decimal(again.total)]), 2),
        );
      }),
    );
  });

  test("an independent decimal library comes to the same cents", () => {
    fc.assert(
      fc.property(price, rows, (unit_price, usage) => {
        const { lines } = computeStatement(inputs({ unit_price }, usage));
        const own = lines.find(({ id }) => id === "requests");
        const used = usage.filter(({ dimensions }) => dimensions["kind"] === "x");
        const total = used.reduce((all, one) => all.plus(one.quantity), new Oracle(0));
        const expected = total
          .times(unit_price)
          .toDecimalPlaces(2, Oracle.ROUND_HALF_UP)
          .toFixed(2);
        expect(own?.amount ?? "0.00").toBe(expected);
      }),
    );
  });

  test("the lines sum to the total", () => {
    fc.assert(
      fc.property(anyLine, rows, (line, usage) => {
        const { lines, total } = computeStatement(inputs(line, usage));
        expect(formatFixed(sum(lines.map(({ amount }) => decimal(amount))), 2)).toBe(total);
      }),
    );
  });

  test("nothing that anybody writes makes the checks throw, and rating throws only errors of its own", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        const plan = { ...planOf({ unit_price: "1" }), lines: [a], meters: [b], parameters: c };
        expect(() => checkPlan(plan)).not.toThrow();
        expect(() =>
          checkContract({ ...contractOf(), seats: a, packs: b, trial: c }, null),
        ).not.toThrow();
      }),
    );
    fc.assert(
      fc.property(anyLine, fc.string(), fc.string(), (line, amount, window) => {
        const stray = {
          installation: "s",
          journal: "a",
          meter: "requests",
          dimensions: {},
          quantity: amount,
          window,
        };
        expect(["nothing", "its own"]).toContain(
          thrownBy(() => computeStatement(inputs(line, [stray]))),
        );
      }),
    );
  });
});
