/** Adjustments of usage by an operator: what they change, where it shows, and what they can never do. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { golden } from "../golden.fixture.ts";
import { add, decimal, format, isNegative, negate } from "../numbers/decimal.ts";
import { computeStatement, encodeStatement } from "./compute-statement.ts";
import { encodeInputs } from "./encode-inputs.ts";
import { explainStatement } from "./explain.ts";
import {
  contractOf,
  inputsOf,
  installationOf,
  journalOf,
  requestsPlan,
  span,
} from "./rating.fixture.ts";
import { replay } from "./replay.ts";
import type { StatementInputs, UsageAdjustment, UsageRow } from "./statement-inputs.ts";
import { adjustedUsage } from "./usage-adjustments.ts";

const installations = [
  installationOf({ journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "1 Feb")] })] }),
];

function adjusted(
  adjustments: readonly UsageAdjustment[],
  usage: readonly Partial<UsageRow>[],
  change: Partial<StatementInputs> = {},
): StatementInputs {
  const inputs = inputsOf({ contract: contractOf(), now: "2 Feb", installations, usage });
  return { ...inputs, ...change, adjustments };
}

function adjustmentOf(change: Partial<UsageAdjustment>): UsageAdjustment {
  return {
    id: "adj_acme_1",
    meter: "requests",
    dimensions: {},
    from: "2026-01-05T00:00:00Z",
    to: "2026-01-06T00:00:00Z",
    quantity: "0",
    reason: "a load test of ours",
    ...change,
  };
}

const counted = [
  { window: "2026-01-05T03:00:00Z", quantity: "30" },
  { window: "2026-01-05T04:00:00Z", quantity: "10" },
  { window: "2026-01-09T04:00:00Z", quantity: "1000" },
];

describe("a usage adjustment", () => {
  test.each([
    { given: "added", quantity: "25", total: "10.65" },
    { given: "taken off", quantity: "-25", total: "10.15" },
    { given: "more than was counted in its hours", quantity: "-41", total: "10.00" },
  ])("$given: $quantity on 1,040 at $0.01 comes to $total", ({ quantity, total }) => {
    const statement = computeStatement(adjusted([adjustmentOf({ quantity })], counted));
    expect(statement.total).toBe(total);
  });

  test("is told on the line beside what was counted, by its id and reason", () => {
    const statement = computeStatement(adjusted([adjustmentOf({ quantity: "-25" })], counted));
    expect(statement.lines[0]?.computation.slice(0, 2)).toEqual([
      { step: "counted", value: "1040", note: "request counted" },
      { step: "adjusted", value: "-25", note: "adj_acme_1: a load test of ours" },
    ]);
    const text = explainStatement(statement);
    expect(golden(import.meta.url, "golden/adjusted-statement.txt", text)).toBe(text);
  });

  test("that takes all of it off leaves a line of 0 that says so", () => {
    const statement = computeStatement(
      adjusted([adjustmentOf({ quantity: "-40" })], counted.slice(0, 2)),
    );
    const [line] = statement.lines;
    expect(line?.amount).toBe("0.00");
    expect(line?.computation.map(({ step, value }) => [step, value])).toContainEqual([
      "adjusted",
      "-40",
    ]);
  });

  test("takes away what has no price: nothing then waits for a decision", () => {
    const stray = [{ meter: "strays", window: "2026-01-05T03:00:00Z", quantity: "7" }];
    const taken = adjustmentOf({ meter: "strays", quantity: "-7" });
    expect(computeStatement(adjusted([], stray)).needs_decision).toEqual(["unpriced_usage"]);
    expect(computeStatement(adjusted([taken], stray)).needs_decision).toEqual([]);
  });

  test("is replayed equal from what was frozen, and its absence leaves the bytes as they were", () => {
    const inputs = adjusted([adjustmentOf({ quantity: "-25" })], counted);
    const bytes = encodeInputs(inputs);
    const stored = encodeStatement(computeStatement(inputs));
    expect(replay(bytes, stored).kind).toBe("equal");
    const { adjustments: _, ...plain } = inputs;
    expect(new TextDecoder().decode(encodeInputs(plain))).not.toContain("adjustments");
  });

  test("over the turn of a month gives each period its share: together exactly the whole", () => {
    const over = adjustmentOf({
      from: "2026-01-31T22:00:00Z",
      to: "2026-02-01T01:00:00Z",
      quantity: "100",
    });
    const shareIn = (from: string, to: string) => {
      const period = { from, to, cycle_from: from, cycle_to: to };
      const { parts } = adjustedUsage({ ...adjusted([over], []), period }, (rows) => ({ rows }));
      return parts.map(({ quantity }) => format(quantity));
    };
    expect(shareIn("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")).toEqual(["67"]);
    expect(shareIn("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")).toEqual(["33"]);
  });

  test("is selected like other usage: what is added within a trial is not billed", () => {
    const contract = contractOf({
      trial: { from: "2026-01-01T00:00:00Z", to: "2026-01-08T00:00:00Z", covers: ["usage"] },
    } as never);
    const inputs = {
      ...inputsOf({ contract, now: "2 Feb", installations, usage: [] }),
      adjustments: [adjustmentOf({ quantity: "500" })],
    };
    const statement = computeStatement(inputs);
    expect([statement.total, statement.unbilled?.[0]?.quantity]).toEqual(["0.00", "500"]);
  });
});

describe("for all usage and all adjustments", () => {
  const hourOf = (hour: number) =>
    `2026-01-0${1 + Math.floor(hour / 24)}T${String(hour % 24).padStart(2, "0")}:00:00Z`;
  const rows = fc.array(
    fc
      .record({
        hour: fc.nat(95),
        units: fc.nat(500),
        scale: fc.nat(2),
        model: fc.constantFrom("a", "b"),
      })
      .map(({ hour, units, scale, model }) => ({
        installation: "site",
        journal: "a",
        window: hourOf(hour),
        meter: "requests",
        dimensions: { model },
        quantity: format({ coefficient: BigInt(units), scale }),
      })),
    { maxLength: 30 },
  );
  const adjustments = fc
    .array(
      fc.record({
        hour: fc.nat(95),
        hours: fc.integer({ min: 1, max: 60 }),
        units: fc.integer({ min: -900, max: 900 }),
        model: fc.constantFrom(null, "a", "b"),
      }),
      { maxLength: 4 },
    )
    .map((all) =>
      all.map(({ hour, hours, units, model }, index) =>
        adjustmentOf({
          id: `adj_acme_${index + 1}`,
          dimensions: model === null ? {} : { model },
          from: hourOf(hour),
          to: hourOf(Math.min(95, hour + hours)),
          quantity: format({ coefficient: BigInt(units), scale: 1 }),
        }),
      ),
    );
  const period = {
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
    cycle_from: "2026-01-01T00:00:00Z",
    cycle_to: "2026-02-01T00:00:00Z",
  };
  const sumOf = (some: readonly { quantity: string }[]) =>
    some.reduce((sum, { quantity }) => add(sum, decimal(quantity)), decimal("0"));

  test("no row falls below zero, and what changed is exactly what the parts say", () => {
    fc.assert(
      fc.property(rows, adjustments, (usage, some) => {
        const given = { ...adjusted(some, []), usage, period };
        const after = adjustedUsage(given, (all) => ({ rows: all }));
        expect(after.rows.some(({ quantity }) => isNegative(decimal(quantity)))).toBe(false);
        const changed = after.parts.reduce((sum, { quantity }) => add(sum, quantity), decimal("0"));
        const difference = add(sumOf(after.rows), negate(sumOf(usage)));
        expect(format(difference)).toBe(format(changed));
      }),
    );
  });

  test("the order of rows and of adjustments is of no account", () => {
    fc.assert(
      fc.property(rows, adjustments, (usage, some) => {
        const one = { ...adjusted(some, []), usage, period };
        const other = { ...one, usage: usage.toReversed(), adjustments: some.toReversed() };
        const text = (of: StatementInputs) =>
          new TextDecoder().decode(encodeStatement(computeStatement({ ...of, plan: byModel })));
        expect(text(other)).toBe(text(one));
      }),
      { numRuns: 40 },
    );
  });

  const byModel = {
    ...requestsPlan,
    lines: [
      { ...requestsPlan.lines[0], prices: [{ dimensions: { model: "a" }, unit_price: "0.02" }] },
    ],
  } as StatementInputs["plan"];
});
