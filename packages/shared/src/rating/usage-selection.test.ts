/** Which usage is billed, at which price, and what is left over: totals, exclusions, trials, adjustments, frozen order. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, UsageLine } from "../contracts/plan.ts";
import { format } from "../numbers/decimal.ts";
import { fractionText } from "./fraction-text.ts";
import { billableUsage } from "./billable-usage.ts";
import { computeStatement } from "./compute-statement.ts";
import { encodeInputs } from "./encode-inputs.ts";
import { quantitiesByPrice } from "./quota-by-time.ts";
import { contractOf, inputsOf, requestsPlan } from "./rating.fixture.ts";
import { seatsInWords, seatTime } from "./seats.ts";
import { selectPrices } from "./select-prices.ts";
import type { StatementInputs, UsageAdjustment, UsageRow } from "./statement-inputs.ts";
import { adjustedUsage } from "./usage-adjustments.ts";
import { totalUsage, usageTotals } from "./usage-totals.ts";

function row(quantity: string, change: Partial<UsageRow> = {}): UsageRow {
  return {
    installation: "site",
    journal: "a",
    window: "2026-01-05T03:00:00Z",
    meter: "requests",
    dimensions: {},
    quantity,
    ...change,
  };
}

const at = (hour: string) => ({ window: `2026-01-${hour}:00:00Z` });
const month = (from: string, to: string) => ({ from, to, cycle_from: from, cycle_to: to });
const january = month("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");

describe("totals", () => {
  const shown = (rows: readonly UsageRow[]) =>
    totalUsage(rows).map(
      ({ meter, dimensions, quantity }) =>
        `${meter} ${JSON.stringify(dimensions)} ${format(quantity)}`,
    );

  test("one for each meter and dimension set, whatever the order of labels, sorted by code points", () => {
    expect(
      shown([
        row("1", { meter: "tokens" }),
        row("2", { dimensions: { b: "1", a: "2" } }),
        row("3", { dimensions: { a: "2", b: "1" } }),
        row("4.5", { dimensions: { b: "1", a: "2" } }),
        row("5"),
        row("6", { meter: "tokens" }),
      ]),
    ).toEqual(['requests {"b":"1","a":"2"} 9.5', "requests {} 5", "tokens {} 7"]);
  });

  test("of a greatest value are its figure, of any other meter its sum", () => {
    const plan: PlanDocument = {
      ...requestsPlan,
      meters: [
        { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
        { name: "peak", unit: "seat", aggregation: "max", scale: 0, over_period: "max" },
        { name: "raw", unit: "seat", aggregation: "max", scale: 0 },
      ],
    };
    const rows = ["3", "5"].flatMap((quantity, index) =>
      ["requests", "peak", "raw"].map((meter) =>
        row(quantity, { meter, ...at(`0${5 + index}T00`) }),
      ),
    );
    const totals = usageTotals(rows, plan, january);
    expect(totals.map(({ meter, quantity }) => [meter, format(quantity)])).toEqual([
      ["peak", "5"],
      ["raw", "8"],
      ["requests", "8"],
    ]);
    const risen = ["3", "5", "4"].map((quantity) => row(quantity, { meter: "peak" }));
    expect(usageTotals(risen, plan, january).map(({ quantity }) => format(quantity))).toEqual([
      "5",
    ]);
    const plain = { ...plan, meters: plan.meters.filter(({ name }) => name !== "peak") };
    expect(usageTotals(rows, plain, january)).toEqual(totalUsage(rows));
  });
});

describe("what is not billable", () => {
  const meter = { unit: "one", aggregation: "sum" as const, scale: 0 };
  const plan: PlanDocument = {
    ...requestsPlan,
    meters: [
      { name: "requests", ...meter },
      { name: "tokens", ...meter },
      { name: "shown", ...meter, billed: false },
    ],
    lines: [
      {
        id: "requests",
        kind: "usage",
        meter: "requests",
        unit_price: "1",
        unbilled: [
          { dimensions: { key: "own" }, why: "on own keys" },
          { dimensions: { env: "test" }, why: "a test" },
        ],
      },
      { id: "tokens", kind: "usage", meter: "tokens", unit_price: "1" },
      { id: "base", kind: "base", amount: "1.00", timing: "arrears" },
    ],
  };
  const found = (contract: Partial<ContractDocument>, rows: readonly UsageRow[]) => {
    const { rows: kept, unbilled } = billableUsage(plan, contractOf(contract), rows);
    return [
      ...kept.map(({ meter: name, quantity }) => `kept ${quantity} ${name}`),
      ...unbilled.map((one) => `${one.reason}: ${one.quantity} ${one.meter}, ${one.note}`),
    ];
  };

  test("is told by reason, in one order", () => {
    const rows = [
      row("1", { dimensions: { env: "test" } }),
      row("2", { dimensions: { key: "own" } }),
      row("3", { dimensions: { key: "own", env: "test" } }),
      row("4"),
      row("5", { meter: "tokens", dimensions: { key: "own" } }),
      row("6", { meter: "shown", dimensions: { key: "own" } }),
    ];
    const expected = [
      "kept 4 requests",
      "kept 5 tokens",
      "kept 6 shown",
      "excluded: 1 requests, a test",
      "excluded: 3 requests, on own keys",
      "excluded: 2 requests, on own keys",
    ];
    expect(found({}, rows)).toEqual(expected);
    expect(found({}, rows.toReversed()).toSorted()).toEqual(expected.toSorted());
    expect(found({}, rows.toReversed()).slice(3)).toEqual(expected.slice(3));
  });

  test("a trial frees what is billed until its end, and names it after what the plan leaves out", () => {
    const rows = [
      row("1", at("10T23")),
      row("2", at("11T00")),
      row("3", { ...at("10T00"), dimensions: { key: "own" } }),
      row("4", { ...at("10T00"), meter: "shown" }),
    ];
    expect(found({ trial: { to: "2026-01-11T00:00:00Z" } }, rows)).toEqual([
      "kept 2 requests",
      "kept 4 shown",
      "excluded: 3 requests, on own keys",
      "trial: 1 requests, in the trial until 2026-01-11T00:00:00Z",
    ]);
    expect(found({ trial: { to: "2026-01-11T00:00:00Z", covers: ["base"] } }, [rows[0]!])).toEqual([
      "kept 1 requests",
    ]);
  });
});

describe("prices", () => {
  const line: UsageLine = {
    id: "requests",
    kind: "usage",
    meter: "requests",
    prices: [
      { dimensions: { model: "a,b", zone: "eu=1" }, unit_price: "2" },
      { dimensions: { zone: "eu" }, unit_price: "3" },
    ],
  };

  test("are named by their labels in one order, unambiguously", () => {
    const plan = { ...requestsPlan, lines: [line] };
    const { priced, unpriced } = selectPrices(
      plan,
      totalUsage([
        row("1", { dimensions: { zone: "eu=1", model: "a,b", extra: "x" } }),
        row("2", { dimensions: { zone: "eu" } }),
        row("3", { dimensions: { zone: "us" } }),
        row("4", { meter: "strays" }),
      ]),
      [],
      [],
    );
    expect(priced.get("requests")?.map(({ id, known }) => [id, format(known)])).toEqual([
      ["requests/model=a%2Cb,zone=eu%3D1", "1"],
      ["requests/zone=eu", "2"],
    ]);
    expect(unpriced.map(({ meter, quantity, reason }) => [meter, quantity, reason])).toEqual([
      ["requests", "3", "no_price_matches"],
      ["strays", "4", "meter_not_in_plan"],
    ]);
  });

  test("what no price matches is in no sum", () => {
    const rows = [
      row("7", { dimensions: { zone: "us" } }),
      row("2", { dimensions: { zone: "eu" } }),
      row("5", { dimensions: { zone: "eu" } }),
    ];
    expect(quantitiesByPrice(line, rows, 2).map(format)).toEqual(["0", "7"]);
    expect(quantitiesByPrice({ ...line, unit_price: "1" }, rows, 3).map(format)).toEqual([
      "0",
      "7",
      "7",
    ]);
  });
});

describe("an adjustment that takes off", () => {
  const adjustment = (change: Partial<UsageAdjustment>): UsageAdjustment => ({
    id: "adj_1",
    meter: "requests",
    dimensions: {},
    from: "2026-01-05T03:00:00Z",
    to: "2026-01-05T05:00:00Z",
    quantity: "-10",
    reason: "twice",
    ...change,
  });
  const after = (rows: readonly UsageRow[], ...adjustments: readonly UsageAdjustment[]) => {
    const found = adjustedUsage({ usage: rows, adjustments, period: january }, (usage) => ({
      rows: usage,
    }));
    return {
      rows: found.rows.map(
        ({ window, meter, quantity }) => `${window.slice(8, 13)} ${meter} ${quantity}`,
      ),
      parts: found.parts.map(({ id, dimensions, quantity }) =>
        [id, ...Object.values(dimensions), format(quantity)].join(" "),
      ),
    };
  };

  test("takes only from its meter, in its hours", () => {
    const rows = [
      row("10", at("05T02")),
      row("10", at("05T03")),
      row("30", at("05T04")),
      row("10", at("05T05")),
      row("10", { ...at("05T03"), meter: "tokens" }),
    ];
    expect(after(rows, adjustment({}))).toEqual({
      rows: [
        "05T02 requests 10",
        "05T03 requests 7",
        "05T04 requests 23",
        "05T05 requests 10",
        "05T03 tokens 10",
      ],
      parts: ["adj_1 -10"],
    });
  });

  test("gives what does not divide to the same rows, whatever their order", () => {
    const rows = [
      row("1", { ...at("05T04"), installation: "b" }),
      row("1", { ...at("05T04"), installation: "a", journal: "y" }),
      row("1", { ...at("05T04"), installation: "a", journal: "x" }),
      row("1", { ...at("05T03"), installation: "c" }),
    ];
    const taken = (some: readonly UsageRow[]) =>
      adjustedUsage(
        { usage: some, adjustments: [adjustment({ quantity: "-2" })], period: january },
        (usage) => ({
          rows: usage,
        }),
      )
        .rows.map(({ installation, journal }) => installation + journal)
        .toSorted();
    expect(taken(rows)).toEqual(["ay", "ba"]);
    expect(taken(rows.toReversed())).toEqual(taken(rows));
  });

  test("takes all that there is and no more, and leaves no row of nothing behind", () => {
    const rows = [row("4", at("05T03")), row("6", at("05T04")), row("0", at("05T02"))];
    expect(after(rows, adjustment({ quantity: "-10" }))).toEqual({
      rows: ["05T02 requests 0"],
      parts: ["adj_1 -10"],
    });
    expect(after(rows, adjustment({ quantity: "-11" })).parts).toEqual(["adj_1 -10"]);
    expect(after([], adjustment({}))).toEqual({ rows: [], parts: [] });
  });

  test("is one part for each dimension set, by the order of ids", () => {
    const rows = [
      row("10", { ...at("05T03"), dimensions: { model: "a" } }),
      row("10", { ...at("05T04"), dimensions: { model: "a" } }),
      row("20", { ...at("05T03"), dimensions: { model: "b" } }),
    ];
    const second = adjustment({ id: "adj_2", dimensions: { model: "b" }, quantity: "-1" });
    const first = adjustment({ id: "adj_1", quantity: "-20" });
    const parts = ["adj_1 a -10", "adj_1 b -10", "adj_2 b -1"];
    expect(after(rows, second, first).parts).toEqual(parts);
    expect(after(rows, first, second).parts).toEqual(parts);
  });

  test("adds no row of nothing where it gives less than one to each hour", () => {
    const given = adjustment({ to: "2026-01-05T08:00:00Z", quantity: "2" });
    expect(after([], given)).toEqual({
      rows: ["05T03 requests 1", "05T04 requests 1"],
      parts: ["adj_1 2"],
    });
  });

  test("outside of the period changes nothing", () => {
    const before = adjustment({ from: "2025-12-31T22:00:00Z", to: "2026-01-01T00:00:00Z" });
    const behind = adjustment({ from: "2026-02-01T00:00:00Z", to: "2026-02-01T02:00:00Z" });
    const rows = [row("10", at("01T00"))];
    expect(after(rows, before, behind).parts).toEqual([]);
    expect(after(rows, { ...before, quantity: "10" }, { ...behind, quantity: "10" }).parts).toEqual(
      [],
    );
  });
});

describe("a line whose usage was adjusted away", () => {
  test("names all of its adjustments, one step each, and no price that nothing was counted at", () => {
    const [own] = requestsPlan.lines;
    const prices = [{ dimensions: { model: "never" }, unit_price: "5" }];
    const inputs = inputsOf({
      plan: { ...requestsPlan, lines: [{ ...(own as UsageLine), prices }] },
      contract: contractOf(),
      now: "2 Feb",
      installations: [],
      usage: [
        { quantity: "4", ...at("05T03"), dimensions: { model: "a" } },
        { quantity: "6", ...at("05T04"), dimensions: { model: "b" } },
      ],
    });
    const taken = (id: string, quantity: string): UsageAdjustment => ({
      id,
      meter: "requests",
      dimensions: {},
      from: "2026-01-05T00:00:00Z",
      to: "2026-01-06T00:00:00Z",
      quantity,
      reason: `why ${id}`,
    });
    const { lines } = computeStatement({
      ...inputs,
      adjustments: [taken("adj_2", "-5"), taken("adj_1", "-5")],
    });
    expect(lines[0]?.computation).toEqual([
      { step: "counted", value: "10", note: "request counted" },
      { step: "adjusted", value: "-5", note: "adj_1: why adj_1" },
      { step: "adjusted", value: "-5", note: "adj_2: why adj_2" },
    ]);
  });
});

describe("frozen inputs", () => {
  const bytes = (change: Partial<StatementInputs>) =>
    new TextDecoder().decode(
      encodeInputs({
        ...inputsOf({ contract: contractOf(), now: "2 Feb", installations: [] }),
        ...change,
      }),
    );
  const cut = [
    { installation: "a", journal: "x", through: 1 },
    { installation: "a", journal: "y", through: 2 },
    { installation: "b", journal: "w", through: 3 },
  ];
  const history = ["1", "2"].flatMap((quantity) =>
    ["a", "b"].flatMap((installation) =>
      ["x", "y"].flatMap((journal) =>
        ["m", "n"].map((meter) => ({ installation, journal, meter, dimensions: {}, quantity })),
      ),
    ),
  );

  test("have one order of cuts, usage and history", () => {
    const usage = history.map((one) => ({ ...one, ...at("05T03") }));
    expect(bytes({ cut: cut.toReversed() })).toBe(bytes({ cut }));
    expect(bytes({ history: history.toReversed() })).toBe(bytes({ history }));
    expect(bytes({ usage: usage.toReversed() })).toBe(bytes({ usage }));
  });
});

describe("seats", () => {
  const seats = [
    { from: "2025-11-01T00:00:00Z", seats: "50" },
    { from: "2025-12-01T00:00:00Z", seats: "1" },
    { from: "2026-01-11T00:00:00Z", seats: "3" },
    { from: "2026-02-05T00:00:00Z", seats: "100" },
  ];
  const short = { ...january, from: "2026-01-06T00:00:00Z" };
  test.each([
    { of: "one count", given: "4", period: january, prorated: true, time: "4" },
    { of: "counts that changed", given: seats, period: january, prorated: true, time: "73/31" },
    { of: "a cut period", given: seats, period: short, prorated: true, time: "68/31" },
    { of: "a cut period, whole", given: seats, period: short, prorated: false, time: "34/13" },
    { of: "no seats", given: undefined, period: january, prorated: true, time: "0" },
  ])("$of: $time", ({ given, period, prorated, time }) => {
    const contract = given === undefined ? {} : { seats: given };
    expect(fractionText(seatTime(contract, period, prorated))).toBe(time);
  });

  test("in words", () => {
    expect([seatsInWords({}), seatsInWords({ seats: "2" })]).toEqual(["no seats", "2 seats"]);
    expect(seatsInWords({ seats: seats.slice(1, 3) })).toBe(
      "1 seats from 2025-12-01, 3 seats from 2026-01-11",
    );
  });
});
