/** What a plan and a contract can say beyond a price for each unit, each by the amounts it makes. */

import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import type { PlanDocument, PlanLine, PlanMeter, UsageLine } from "../contracts/plan.ts";
import { golden } from "../golden.fixture.ts";
import { composeInvoice } from "./invoice.ts";
import { explainStatement } from "./explain.ts";
import { contractOf, inputsOf } from "./rating.fixture.ts";
import type { Carry } from "./carry.ts";
import { computeStatement } from "./compute-statement.ts";
import type { UsageRow } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

const meter: PlanMeter = { name: "requests", unit: "request", aggregation: "sum", scale: 0 };

type Given = {
  readonly line?: Partial<UsageLine>;
  readonly lines?: readonly PlanLine[];
  readonly meters?: readonly PlanMeter[];
  readonly plan?: Partial<PlanDocument>;
  readonly contract?: Partial<ContractDocument>;
  readonly used?: string | readonly Partial<UsageRow>[];
  readonly carried?: Carry;
  readonly during?: string;
};

function rated({
  line,
  lines,
  meters,
  plan,
  contract,
  used = "0",
  carried,
  during,
}: Given): Statement {
  const usageLine: UsageLine = {
    id: "requests",
    kind: "usage",
    meter: "requests",
    unit_price: "1",
    ...line,
  };
  if (line?.price !== undefined) delete usageLine.unit_price;
  const inputs = inputsOf({
    plan: {
      version: 1,
      id: "requests",
      currency: "USD",
      meters: [...(meters ?? [meter])],
      lines: [...(lines ?? [usageLine])],
      ...plan,
    },
    contract: contractOf(contract),
    now: "3 Mar",
    installations: [],
    ...(during === undefined ? {} : { during }),
    usage: typeof used === "string" ? [{ quantity: used }] : used,
  });
  return computeStatement({ ...inputs, carried: { ...inputs.carried, ...carried } });
}

function amounts({ lines }: Statement): Record<string, string> {
  return Object.fromEntries(lines.map(({ id, amount }) => [id, amount]));
}

describe("a line", () => {
  test.each<{
    given: string;
    line: Partial<UsageLine>;
    used: string;
    amounts: Record<string, string>;
  }>([
    { given: "a discount", line: { discount: "25" }, used: "10", amounts: { requests: "7.50" } },
    { given: "a most", line: { maximum: "8" }, used: "10", amounts: { requests: "8.00" } },
    {
      given: "a most not reached",
      line: { maximum: "10" },
      used: "10",
      amounts: { requests: "10.00" },
    },
    {
      given: "a discount before its most",
      line: { discount: "50", maximum: "8" },
      used: "10",
      amounts: { requests: "5.00" },
    },
    {
      given: "a least",
      line: { minimum: "12" },
      used: "10",
      amounts: { requests: "10.00", "requests#minimum": "2.00" },
    },
    {
      given: "a least without any usage",
      line: { minimum: "12" },
      used: "0",
      amounts: { requests: "0.00", "requests#minimum": "12.00" },
    },
    {
      given: "a least that is reached",
      line: { minimum: "10" },
      used: "10",
      amounts: { requests: "10.00" },
    },
    {
      given: "a price for a thousand",
      line: { unit_price: "0.0030", per: "1000" },
      used: "2000000",
      amounts: { requests: "6.00" },
    },
    {
      given: "a conversion",
      line: { convert: { unit: "k", divide_by: "1000" } },
      used: "2500",
      amounts: { requests: "2.50" },
    },
    {
      given: "a conversion to whole units",
      line: { convert: { unit: "k", divide_by: "1000", round: "up" } },
      used: "2001",
      amounts: { requests: "3.00" },
    },
    {
      given: "a quota in converted units",
      line: { convert: { unit: "k", divide_by: "1000" }, included: "1.5" },
      used: "2500",
      amounts: { requests: "1.00" },
    },
    {
      given: "packages with some free",
      line: { price: { model: "package", size: "10", amount: "3", free: "5" } },
      used: "16",
      amounts: { requests: "6.00" },
    },
    {
      given: "a flat fee at zero",
      line: {
        price: {
          model: "graduated",
          tiers: [{ up_to: null, unit_price: "1", flat: "4" }],
          flat_at_zero: true,
        },
      },
      used: "0",
      amounts: { requests: "4.00" },
    },
    {
      given: "no flat fee at zero",
      line: { price: { model: "graduated", tiers: [{ up_to: null, unit_price: "1", flat: "4" }] } },
      used: "0",
      amounts: { requests: "0.00" },
    },
    {
      given: "volume at a tier's bound",
      line: {
        price: {
          model: "volume",
          tiers: [
            { up_to: "5", unit_price: "2" },
            { up_to: null, unit_price: "1" },
          ],
        },
      },
      used: "5",
      amounts: { requests: "10.00" },
    },
    {
      given: "volume by the thousand",
      line: {
        per: "1000",
        price: {
          model: "volume",
          tiers: [
            { up_to: "5000", unit_price: "2" },
            { up_to: null, unit_price: "1" },
          ],
        },
      },
      used: "6000",
      amounts: { requests: "6.00" },
    },
    {
      given: "a percentage with a free amount",
      line: { price: { model: "percentage", percent: "10", free: "20" } },
      used: "50",
      amounts: { requests: "3.00" },
    },
    {
      given: "a percentage at least",
      line: { price: { model: "percentage", percent: "10", minimum: "6" } },
      used: "50",
      amounts: { requests: "6.00" },
    },
    {
      given: "a percentage at most",
      line: { price: { model: "percentage", percent: "10", maximum: "4" } },
      used: "50",
      amounts: { requests: "4.00" },
    },
    {
      given: "no least of a percentage of nothing",
      line: { price: { model: "percentage", percent: "10", minimum: "6" } },
      used: "0",
      amounts: { requests: "0.00" },
    },
    {
      given: "graduated percentages",
      line: {
        price: {
          model: "graduated_percentage",
          tiers: [
            { up_to: "1000", percent: "1" },
            { up_to: null, percent: "2" },
          ],
        },
      },
      used: "1500",
      amounts: { requests: "20.00" },
    },
  ])("with $given", ({ line, used, amounts: expected }) => {
    expect(amounts(rated({ line, used }))).toEqual(expected);
  });

  test("of which only a least is prorated bills the part of it", () => {
    const contract = { term: { from: "2026-01-17T12:00:00Z", to: null } };
    const statement = rated({ line: { minimum: "62" }, contract, during: "20 Jan", used: [] });
    expect(amounts(statement)).toEqual({ requests: "0.00", "requests#minimum": "29.00" });
  });

  test("whose most is shared by two prices uses it up in their order", () => {
    const line: Partial<UsageLine> = {
      maximum: "12",
      prices: [{ dimensions: { kind: "big" }, unit_price: "2" }],
    };
    const used = [{ quantity: "5", dimensions: { kind: "big" } }, { quantity: "7" }];
    expect(amounts(rated({ line, used }))).toEqual({
      "requests/kind=big": "10.00",
      requests: "2.00",
    });
  });

  test("with events bills a fee for each beyond the free ones", () => {
    const price = {
      model: "percentage" as const,
      percent: "1",
      event: { meter: "events", amount: "0.5", free: "2" },
    };
    const meters = [meter, { ...meter, name: "events", unit: "event" }];
    const used = [{ quantity: "300" }, { meter: "events", quantity: "5" }];
    expect(amounts(rated({ line: { price }, meters, used }))).toEqual({ requests: "4.50" });
    const only = [{ meter: "events", quantity: "5" }];
    expect(amounts(rated({ line: { price }, meters, used: only }))).toEqual({ requests: "1.50" });
  });
});

describe("what rolls over", () => {
  test.each<{
    rollover: UsageLine["rollover"];
    used: string;
    carried: Carry;
    left: string;
    billed: string;
  }>([
    { rollover: {}, used: "600", carried: {}, left: "400", billed: "0.00" },
    { rollover: { maximum: "300" }, used: "600", carried: {}, left: "300", billed: "0.00" },
    { rollover: { minimum: "500" }, used: "600", carried: {}, left: "500", billed: "0.00" },
    {
      rollover: {},
      used: "1300",
      carried: { rollover: { requests: "400" } },
      left: "100",
      billed: "0.00",
    },
    {
      rollover: {},
      used: "1500",
      carried: { rollover: { requests: "400" } },
      left: "0",
      billed: "100.00",
    },
  ])(
    "is $left of 1,000 after $used with $rollover",
    ({ rollover, used, carried, left, billed }) => {
      const line = { included: "1000", ...(rollover === undefined ? {} : { rollover }) };
      const statement = rated({ line, used, carried });
      expect(statement.carry).toEqual({ rollover: { requests: left } });
      expect(statement.total).toBe(billed);
    },
  );
});

describe("a gauge", () => {
  const storage: PlanMeter = {
    name: "held",
    unit: "GiB-second",
    aggregation: "time_weighted",
    scale: 0,
  };
  const line: UsageLine = {
    id: "held",
    kind: "usage",
    meter: "held",
    unit_price: "1",
    convert: { unit: "GiB-month", divide_by: "cycle_seconds" },
  };
  // 10 GiB in each hour of half of January.
  const half = Array.from({ length: 372 }, (_, hour) => ({
    meter: "held",
    quantity: "36000",
    window: new Date(Date.UTC(2026, 0, 1, hour)).toISOString().replace(".000", ""),
  }));

  test.each([
    { per: "period" as const, billed: "0.00" },
    { per: "instant" as const, billed: "2.50" },
  ])("of 10 GiB for half a month on a quota of 5 by $per costs $billed", ({ per, billed }) => {
    const lines = [{ ...line, included: { quantity: "5", per } }];
    expect(rated({ lines, meters: [storage], used: half }).total).toBe(billed);
  });

  const seats: PlanMeter = { name: "seats", unit: "seat", aggregation: "max", scale: 0 };
  const priced: UsageLine = { id: "seats", kind: "usage", meter: "seats", unit_price: "10" };
  const held = [
    { meter: "seats", installation: "east", journal: "a", quantity: "4" },
    { meter: "seats", installation: "east", journal: "a", quantity: "3" },
    { meter: "seats", installation: "west", journal: "b", quantity: "2" },
    {
      meter: "seats",
      installation: "west",
      journal: "b",
      quantity: "5",
      window: "2026-01-02T00:00:00Z",
    },
  ];
  test.each<{ over_period: "max" | "sum" | "mean"; across?: "sum" | "max"; billed: string }>([
    { over_period: "max", billed: "60.00" },
    { over_period: "max", across: "max", billed: "50.00" },
    { over_period: "sum", billed: "110.00" },
    { over_period: "mean", billed: "0.15" },
  ])(
    "of seats, over the period $over_period, across $across: $billed",
    ({ over_period, across, billed }) => {
      const meters = [{ ...seats, over_period, ...(across === undefined ? {} : { across }) }];
      expect(rated({ lines: [priced], meters, used: held }).total).toBe(billed);
    },
  );
});

describe("discounts off the invoice", () => {
  const off = (
    discounts: NonNullable<ContractDocument["discounts"]>,
    more: Partial<ContractDocument> = {},
  ) => amounts(rated({ contract: { discounts, ...more }, used: "100" }));

  test.each<{
    given: string;
    discounts: NonNullable<ContractDocument["discounts"]>;
    lines: Record<string, string>;
  }>([
    {
      given: "twice 10 %",
      discounts: [
        { id: "a", percent: "10" },
        { id: "b", percent: "10" },
      ],
      lines: { "discount/a": "-10.00", "discount/b": "-9.00" },
    },
    {
      given: "more than there is",
      discounts: [{ id: "a", amount: "150" }],
      lines: { "discount/a": "-100.00" },
    },
    {
      given: "only on base fees",
      discounts: [{ id: "a", percent: "10", on: ["base"] }],
      lines: {},
    },
    {
      given: "one that has ended",
      discounts: [{ id: "a", percent: "10", until: "2026-01-01T00:00:00Z" }],
      lines: {},
    },
    {
      given: "one that has not",
      discounts: [{ id: "a", percent: "10", until: "2026-01-01T01:00:00Z" }],
      lines: { "discount/a": "-10.00" },
    },
  ])("$given", ({ discounts, lines }) => {
    expect(off(discounts)).toEqual({ requests: "100.00", ...lines });
  });

  test("do not lower what is measured against a minimum, unless it says so", () => {
    const discounts = [{ id: "a", percent: "50" }];
    const minimum = { amount: "100" };
    expect(off(discounts, { minimum, fallback: "floor" })).not.toHaveProperty("minimum");
    expect(
      off(discounts, { minimum: { ...minimum, discounts: "after" }, fallback: "floor" }),
    ).toMatchObject({ minimum: "50.00" });
  });
});

describe("a commitment over three months", () => {
  const commitment = { amount: "1000", to: "2026-04-01T00:00:00Z" };
  const months = (
    quantities: readonly string[],
    more: Partial<NonNullable<ContractDocument["commitment"]>> = {},
  ) => {
    const found: Statement[] = [];
    quantities.forEach((used, index) => {
      const carried = found.at(-1)?.carry ?? {};
      const during = ["1 Jan", "1 Feb", "1 Mar", "1 Apr"][index] ?? "";
      const window = ["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05"][index];
      const rows = [{ quantity: used, window: `${window}T00:00:00Z` }];
      found.push(
        rated({
          contract: { commitment: { ...commitment, ...more } },
          used: rows,
          carried,
          during,
        }),
      );
    });
    return found;
  };

  test("is trued up in the last, by what all of them have spent", () => {
    const [january, february, march, april] = months(["300", "200", "100", "50"]).map(amounts);
    expect([january, february]).toEqual([{ requests: "300.00" }, { requests: "200.00" }]);
    expect(march).toEqual({ requests: "100.00", commitment: "400.00" });
    expect(april).toEqual({ requests: "50.00" });
  });

  test("costs its factor beyond, from where it is spent", () => {
    const [, february, march] = months(["800", "300", "10"], { overage_factor: "1.5" }).map(
      amounts,
    );
    expect(february).toEqual({ requests: "300.00", "requests#beyond-commitment": "50.00" });
    expect(march).toEqual({ requests: "10.00", "requests#beyond-commitment": "5.00" });
  });

  test("is not trued up where it says so", () => {
    expect(amounts(months(["1", "1", "1"], { true_up: false })[2]!)).toEqual({ requests: "1.00" });
  });
});

describe("parameters and credits", () => {
  test("a contract's number stands where its plan leaves one open", () => {
    const plan = { parameters: { rate: "the price of a request" } };
    const line = { unit_price: "$rate" };
    expect(rated({ plan, line, contract: { parameters: { rate: "0.25" } }, used: "4" }).total).toBe(
      "1.00",
    );
    expect(() => rated({ plan, line, used: "4" })).toThrow("does not say rate");
  });

  test("credits that are invoiced are exchanged and rounded once", () => {
    const plan = { credits: { unit: "credit", settled: "invoiced" as const, exchange: "0.005" } };
    const statement = rated({ plan, line: { in: "credits", unit_price: "0.0552" }, used: "60" });
    expect([statement.total, statement.credits_used]).toEqual(["0.02", "3.312"]);
  });
});

describe("a plan with all of it", () => {
  test("is an invoice like any other, and says how each line came about", () => {
    const statement = rated({
      lines: [
        { id: "seat", kind: "base", amount: "10", per: "seat", timing: "arrears", group: "fees" },
        {
          id: "requests",
          kind: "usage",
          description: "Requests",
          meter: "requests",
          included: { quantity: "100", per: "seat" },
          rollover: { maximum: "50" },
          packs: [{ id: "small", quantity: "40", amount: "5" }],
          price: {
            model: "graduated",
            tiers: [
              { up_to: "100", unit_price: "0.5", flat: "1" },
              { up_to: null, unit_price: "0.25" },
            ],
          },
          discount: "10",
          maximum: "70",
        },
      ],
      contract: {
        seats: "2",
        packs: [{ id: "p1", line: "requests", pack: "small", at: "2026-01-10T00:00:00Z" }],
        discounts: [{ id: "welcome", percent: "5", description: "Welcome" }],
        commitment: { amount: "500", to: "2026-02-01T00:00:00Z" },
        comp: { reason: "partner" },
      },
      carried: { rollover: { requests: "20" } },
      used: "500",
    });
    expect(amounts(statement)).toEqual({
      seat: "20.00",
      requests: "70.00",
      "requests#pack-p1": "5.00",
      "discount/welcome": "-4.75",
      commitment: "410.00",
      comp: "-500.25",
    });
    expect([statement.total, statement.shadow_total]).toEqual(["0.00", "500.25"]);
    expect(composeInvoice(statement, []).total).toBe("0.00");
    const text = explainStatement(statement);
    expect(text).toBe(golden(import.meta.url, "golden/all-of-a-plan.txt", text));
  });
});
