import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ContractDocument } from "../contracts/contract.ts";
import { resolvePlan } from "../contracts/resolve-plan.ts";
import type { PlanDocument } from "../contracts/plan.ts";
import { add, decimal, format, zero } from "../numbers/decimal.ts";
import { at, contractOf } from "../rating/rating.fixture.ts";
import type { PeriodOfStatement, UsageRow } from "../rating/statement-inputs.ts";
import { formatInstant, type Interval } from "../time/instant.ts";
import { exampleState } from "../wire/examples.fixture.ts";
import { encodeState, readState } from "../wire/state.ts";
import { decideEntitlement, secondsLeft } from "./decide.ts";
import { type EntitlementInputs, entitlementsOf, type OpenPeriod } from "./entitlements-of.ts";
import { readEntitlements } from "./entitlements.ts";
import { estimateCost } from "./estimate-cost.ts";
import { readPlanOfState } from "./plan-of-state.ts";
import { recordedUsage } from "./recorded-usage.ts";
import { thresholdsReached, usageTowardQuotas } from "./usage-toward-quota.ts";

function plan(name: string): PlanDocument {
  const path = new URL(`../../../../plans/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as PlanDocument;
}

const month = (from: string, to: string): PeriodOfStatement => {
  const bounds = { from: formatInstant(at(from)), to: formatInstant(at(to)) };
  return { ...bounds, cycle_from: bounds.from, cycle_to: bounds.to };
};
const january = month("1 Jan", "1 Feb");
const february = month("1 Feb", "1 Mar");

function row(meter: string, quantity: string, change: Partial<UsageRow> = {}): UsageRow {
  const window = "2026-01-10T10:00:00Z";
  return { installation: "site", journal: "j", window, meter, dimensions: {}, quantity, ...change };
}

function given(
  document: PlanDocument,
  usage: readonly UsageRow[],
  change: Partial<ContractDocument> & { carried?: OpenPeriod["carried"]; now?: string } = {},
): EntitlementInputs {
  const { carried = {}, now = "10 Jan 12:00", ...terms } = change;
  const contract = contractOf({ plan: { id: document.id, version: document.version }, ...terms });
  return {
    now: at(now),
    open: { plan: document, contract, period: january, next: february, carried, usage },
    suspended: null,
    shared: false,
    recorded: { asOf: at(now), journals: [] },
  };
}

/** As the agent asks, over the wire and back. */
function asked(
  inputs: EntitlementInputs,
  meter: string,
  later: { now?: string; counted?: readonly UsageRow[] } = {},
) {
  const state = { ...exampleState, entitlements: entitlementsOf(inputs) };
  const read = readState(encodeState(state));
  if (read.kind !== "document") throw new Error("the state is unreadable");
  const countedSince = (of: { meter: string }, { from, to }: Interval) =>
    (later.counted ?? [])
      .filter((one) => one.meter === of.meter)
      .filter(({ window }) => window >= formatInstant(from) && window < formatInstant(to))
      .reduce((sum, { quantity }) => add(sum, decimal(quantity)), zero);
  return decideEntitlement({
    meter,
    now: later.now === undefined ? inputs.now : at(later.now),
    held: { entitlements: readEntitlements(read.document.entitlements) },
    countedSince,
  });
}

describe("a quota that ends in a stop", () => {
  const free = plan("flat-tiers/free");
  test.each([
    { used: "79", status: "ok", remaining: "21" },
    { used: "80", status: "warning", remaining: "20" },
    { used: "100", status: "blocked", remaining: "0" },
    { used: "130", status: "blocked", remaining: "0" },
  ])("100 executions: $used used is $status", ({ used, status, remaining }) => {
    const answer = asked(given(free, [row("executions", used)]), "executions");
    expect(answer).toMatchObject({ status, remaining, used, quota: "100" });
  });

  test("what was counted since the state counts", () => {
    const inputs = given(free, [row("executions", "79")]);
    const counted = [row("executions", "21")];
    expect(asked(inputs, "executions", { counted })).toMatchObject({ status: "blocked" });
  });

  test("usage on the customer's own key is no part of it", () => {
    const own = row("executions", "500", { dimensions: { key: "own" } });
    expect(asked(given(free, [own]), "executions")).toMatchObject({ status: "ok", used: "0" });
    const [executions] = entitlementsOf(given(free, [])).meters;
    expect(executions?.excludes).toEqual([{ key: "own" }]);
  });

  test("by day it begins anew at 00:00 UTC, also when nobody told", () => {
    const tries = [
      row("sandbox_tries", "5"),
      row("sandbox_tries", "1", { window: "2026-01-09T10:00:00Z" }),
    ];
    const inputs = given(free, tries);
    const today = asked(inputs, "sandbox_tries");
    expect(today).toMatchObject({
      status: "blocked",
      used: "5",
      resets_at: "2026-01-11T00:00:00Z",
    });
    const counted = [row("sandbox_tries", "2", { window: "2026-01-11T00:00:00Z" })];
    const tomorrow = asked(inputs, "sandbox_tries", { now: "11 Jan 00:30", counted });
    expect(tomorrow).toMatchObject({ status: "ok", used: "2", remaining: "3" });
  });

  test("by period it begins anew when the period ends, and is unknown when the next ends, too", () => {
    const inputs = given(free, [row("executions", "100")]);
    const counted = [row("executions", "7", { window: "2026-02-01T00:00:00Z" })];
    expect(asked(inputs, "executions", { now: "31 Jan 23:59" }).status).toBe("blocked");
    expect(asked(inputs, "executions", { now: "1 Feb", counted })).toMatchObject({
      status: "ok",
      used: "7",
      resets_at: "2026-03-01T00:00:00Z",
    });
    expect(asked(inputs, "executions", { now: "1 Mar" })).toMatchObject({
      status: "unknown",
      reason: "period_over",
    });
  });
});

describe("a pace from a threshold on", () => {
  const team = plan("flat-tiers/team");
  const parameters = { overage_price: "0.01", throttle_per_minute: "1" };

  test("comes at 15,000 a seat, and the stop at 25,000", () => {
    const of = (used: string) =>
      asked(given(team, [row("executions", used)], { seats: "2", parameters }), "executions");
    expect(of("29999").status).toBe("ok");
    expect(of("30000")).toMatchObject({ status: "throttle", rate: "1/min", remaining: "20000" });
    expect(of("50000")).toMatchObject({ status: "blocked" });
  });

  test("does not come where the contract pays for overage", () => {
    const overage = [{ line: "executions", from: "2026-01-05T00:00:00Z" }];
    const inputs = given(team, [row("executions", "60000")], { seats: "2", parameters, overage });
    const answer = asked(inputs, "executions");
    expect(answer).toMatchObject({ status: "warning", reason: "beyond_quota", overage: "billed" });
  });

  test("comes all the same until the hour from which overage is paid", () => {
    const overage = [{ line: "executions", from: "2026-01-20T00:00:00Z" }];
    const inputs = given(team, [row("executions", "60000")], { seats: "2", parameters, overage });
    expect(asked(inputs, "executions").status).toBe("blocked");
  });
});

describe("packs", () => {
  const pro = plan("palveron/pro");
  const names = Object.keys(pro.parameters ?? {});
  const parameters = Object.fromEntries(names.map((name) => [name, "1"]));

  test("move the stop behind the quota, and what is left of them goes on into the next period", () => {
    const carried = { packs: [{ id: "p1", line: "requests", left: "4000" }] };
    const inputs = given(pro, [row("requests", "11000")], { parameters, carried });
    expect(asked(inputs, "requests")).toMatchObject({ quota: "14000", remaining: "3000" });
    expect(asked(inputs, "requests", { now: "1 Feb" })).toMatchObject({ quota: "13000" });
  });

  test("count from the hour that they were bought", () => {
    const packs = [{ id: "p1", line: "requests", pack: "small", at: "2026-01-20T00:00:00Z" }];
    const inputs = given(pro, [row("requests", "11000")], { parameters, packs });
    expect(asked(inputs, "requests")).toMatchObject({ status: "blocked", quota: "10000" });
    const bought = { ...inputs, now: at("20 Jan") };
    expect(asked(bought, "requests")).toMatchObject({ status: "ok", quota: "15000" });
  });
});

test("what a time-weighted meter may hold at every instant is a quota of the hour", () => {
  const storage: PlanDocument = {
    ...plan("keystone/free"),
    lines: [
      {
        id: "storage",
        kind: "usage",
        meter: "storage_gib_seconds",
        included: { quantity: "5", per: "instant" },
        overage: "off",
        unit_price: "0",
      },
    ],
    meters: [
      { name: "storage_gib_seconds", unit: "GiB-second", aggregation: "time_weighted", scale: 0 },
    ],
    parameters: {},
  };
  const window = "2026-01-10T12:00:00Z";
  const inputs = given(storage, [row("storage_gib_seconds", "17999", { window })]);
  expect(asked(inputs, "storage_gib_seconds")).toMatchObject({ quota: "18000", remaining: "1" });
});

test("a converted quota is told in what the product counts", () => {
  const pro = plan("keystone/pro");
  const [storage] = usageTowardQuotas({
    ...openOf(given(pro, [])),
    now: at("10 Jan"),
  }).filter(({ line }) => line === "storage");
  const gibMonth = BigInt(31 * 86_400);
  expect(format(storage?.quota ?? zero)).toBe(String(includedGib(pro) * gibMonth));
});

function openOf({ open }: EntitlementInputs): OpenPeriod {
  if (open === null) throw new Error("no open period");
  return { ...open, plan: resolvePlan(open.plan, open.contract) };
}

function includedGib(document: PlanDocument): bigint {
  const line = document.lines.find(({ id }) => id === "storage");
  return BigInt(line?.kind === "usage" && typeof line.included === "string" ? line.included : "0");
}

describe("who must not use anything, and who cannot know", () => {
  const free = plan("flat-tiers/free");
  const inputs = given(free, [row("executions", "3")]);

  test("suspended is blocked, with the reason and where to put it right", () => {
    const suspended = { since: at("9 Jan"), reason: "past due", fixUrl: "https://pay.example.com" };
    const entitlements = entitlementsOf({ ...inputs, suspended });
    expect(entitlements.suspended).toEqual({
      since: "2026-01-09T00:00:00Z",
      reason: "past due",
      fix_url: "https://pay.example.com",
    });
    expect(entitlements.refresh_seconds).toBe(60);
    const answer = asked({ ...inputs, suspended }, "executions");
    expect(answer).toMatchObject({ status: "blocked", reason: "suspended", used: "3" });
    expect(asked({ ...inputs, suspended, open: null }, "anything").status).toBe("blocked");
  });

  test.each([
    { held: null, reason: "no_state" },
    { held: { entitlements: null }, reason: "not_told" },
    { held: { entitlements: entitlementsOf({ ...inputs, open: null }) }, reason: "no_contract" },
  ])("without an answer of the vendor it is unknown: $reason", ({ held, reason }) => {
    const question = { meter: "executions", now: at("10 Jan"), held, countedSince: () => zero };
    expect(decideEntitlement(question)).toMatchObject({ status: "unknown", reason });
  });

  test("a meter that the plan does not limit is ok, without a quota", () => {
    const answer = asked(inputs, "llm_tokens");
    expect(answer).toMatchObject({ status: "ok", reason: "not_limited", quota: null });
  });

  test("usage in a trial is free and counts against nothing", () => {
    const trial = { to: "2026-01-12T00:00:00Z" };
    const trying = given(free, [row("executions", "500")], { trial });
    expect(asked(trying, "executions")).toMatchObject({ status: "ok", used: "0" });
    expect(entitlementsOf(trying).trial_ends_at).toBe(trial.to);
  });

  test("members of a later version are left aside, and what cannot be read is unknown, not an error", () => {
    const read = entitlementsOf(inputs);
    const [meter] = read.meters;
    const later = { ...read, later: 1, meters: [{ ...meter, later: 1 }] };
    expect(readEntitlements(later)?.meters).toHaveLength(1);
    expect(readEntitlements({ ...read, meters: [{ ...meter, used: "1e3" }] })).toBeNull();
    expect(readEntitlements({ ...read, trial_ends_at: "2026-02-30T00:00:00Z" })).toBeNull();
  });
});

test("thresholds are reached from the exact quantity on", () => {
  const reached = (used: string) => {
    const [executions] = usageTowardQuotas({
      ...openOf(given(plan("flat-tiers/free"), [row("executions", used)])),
      now: at("10 Jan"),
    });
    return executions === undefined ? [] : thresholdsReached(executions);
  };
  expect([reached("49"), reached("50"), reached("99"), reached("100")]).toEqual([
    [],
    ["50"],
    ["50", "80"],
    ["50", "80", "100"],
  ]);
});

test("other installations of the customer are heard of within the hour", () => {
  const free = plan("flat-tiers/free");
  expect(entitlementsOf({ ...given(free, []), shared: true }).refresh_seconds).toBe(3600);
  expect(entitlementsOf(given(free, [])).refresh_seconds).toBe(21_600);
});

test("1,000 credits at 0.0552 a second last 5 hours and 115 seconds", () => {
  expect(secondsLeft("1000", decimal("0.0552"))).toBe(18_115);
  expect(secondsLeft(null, decimal("1"))).toBeNull();
  expect(secondsLeft("1000", zero)).toBeNull();
});

describe("the cost so far", () => {
  const tokens: PlanDocument = {
    version: 1,
    id: "tokens",
    currency: "EUR",
    meters: [
      { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
      { name: "seats", unit: "seat", aggregation: "max", scale: 0, over_period: "max" },
    ],
    lines: [
      { id: "tokens", kind: "usage", meter: "tokens", included: "100", unit_price: "0.02" },
      { id: "seats", kind: "usage", meter: "seats", unit_price: "5" },
    ],
  };
  const usage = [
    row("tokens", "80"),
    row("tokens", "40", { window: "2026-01-10T11:00:00Z" }),
    row("tokens", "30", { window: "2026-01-11T11:00:00Z" }),
    row("seats", "3"),
    row("unknown", "9"),
  ];
  const recorded = recordedUsage(usage, tokens, january);
  const contract = contractOf({ plan: { id: "tokens", version: 1 } });
  const prices = { plan: tokens, contract, period: january, carried: {}, usage: recorded };
  const carriedOver = (value: unknown) => readPlanOfState(JSON.parse(JSON.stringify(value)));
  const plain = { id: "tokens", version: 1, description: null, currency: "EUR" };

  test("is recorded by day, peaks by hour, of the plan's meters only", () => {
    expect(recorded.map(({ window, meter, quantity }) => [window, meter, quantity])).toEqual([
      ["2026-01-10T00:00:00Z", "tokens", "120"],
      ["2026-01-10T10:00:00Z", "seats", "3"],
      ["2026-01-11T00:00:00Z", "tokens", "30"],
    ]);
  });

  test("is rated by the engine of the invoice, with what was counted since", () => {
    const read = carriedOver({ ...plain, prices });
    if (read === null || typeof read.prices === "string") throw new Error("no prices");
    const estimate = estimateCost(
      read.prices,
      [row("tokens", "10"), row("seats", "4")],
      at("12 Jan"),
    );
    // 160 − 100 tokens at 0.02, and 4 seats at 5.
    expect(estimate).toMatchObject({ currency: "EUR", total: "21.20" });
    expect(estimate.lines.map(({ amount }) => amount)).toEqual(["1.20", "20.00"]);
  });

  test("is not there where prices are not shown, or are written for a later version", () => {
    expect(carriedOver({ ...plain, prices: null })?.prices).toBe("not_shown");
    const later = { ...prices, plan: { ...tokens, later: 1 } };
    expect(carriedOver({ ...plain, prices: later })?.prices).toBe("unreadable");
    expect(carriedOver({ name: "another shape" })).toBeNull();
  });
});
