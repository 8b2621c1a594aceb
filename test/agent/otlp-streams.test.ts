/** What makes a stream of OTLP another one, and what must not make one of two: by points that the test makes. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, meterFile } from "./agent.fixture.ts";

/** 2026-01-05T10:00:00Z, when the agent begins. */
const began = 1_767_607_200;
const day = 86_400;
const [delta, cumulative] = [1, 2];

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
  await world.agent.deliverNow();
});
afterEach(() => world.end());

type Point = {
  readonly value: number;
  /** Seconds after ten; null: the point does not say. */
  readonly from?: number | null;
  readonly at?: number | null;
  readonly attributes?: Record<string, unknown>;
  readonly scope?: Record<string, unknown>;
};

const keyValues = (attributes: Record<string, unknown> = {}) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value }));

function nanos(seconds: number | null): string {
  return seconds === null ? "0" : `${BigInt(began + seconds) * 1_000_000_000n}`;
}

async function sums(
  temporality: number,
  name: string,
  ...points: Point[]
): Promise<Record<string, unknown>> {
  const scopeMetrics = points.map(({ value, from = 1, at = 2, attributes, scope }) => ({
    scope: { name: "product", attributes: keyValues(scope) },
    metrics: [
      {
        name,
        sum: {
          isMonotonic: true,
          aggregationTemporality: temporality,
          dataPoints: [
            {
              asInt: String(value),
              startTimeUnixNano: nanos(from),
              timeUnixNano: nanos(at),
              attributes: keyValues(attributes),
            },
          ],
        },
      },
    ],
  }));
  const response = await fetch(`${world.agent.url}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceMetrics: [{ scopeMetrics }] }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

/** All that was ever counted, by meter. */
async function totals(): Promise<Record<string, bigint>> {
  world.clock.pass(1);
  world.agent.sealNow();
  expect(await world.agent.deliverNow()).toMatchObject({ kind: "rest" });
  return world.collector.totals();
}

const list = (...texts: string[]) => ({
  arrayValue: { values: texts.map((stringValue) => ({ stringValue })) },
});
const map = (text: string) => ({
  kvlistValue: { values: [{ key: "k", value: { stringValue: text } }] },
});

describe.each([
  { given: "lists", a: { attributes: { x: list("a") } }, b: { attributes: { x: list("b") } } },
  { given: "maps", a: { attributes: { x: map("a") } }, b: { attributes: { x: map("b") } } },
  {
    given: "the attributes of their scopes",
    a: { scope: { x: { stringValue: "a" } } },
    b: { scope: { x: { stringValue: "b" } } },
  },
])("two streams that differ in $given", ({ a, b }) => {
  it("are both counted, as deltas", async () => {
    expect(
      await sums(delta, "tokens", { value: 5, ...a }, { value: 5, ...b }, { value: 5, ...b }),
    ).toEqual({});
    expect(await totals()).toEqual({ tokens: 10n });
  });

  it("are both counted, as counters", async () => {
    await sums(cumulative, "tokens", { value: 100, ...a }, { value: 40, ...b });
    await sums(cumulative, "tokens", { value: 101, at: 3, ...a }, { value: 42, at: 3, ...b });
    expect(await totals()).toEqual({ tokens: 143n });
  });
});

it("a delta that does not say when it ended is refused: its retry could not be told from the next", async () => {
  expect(
    await sums(delta, "tokens", { value: 5, at: null, from: null }, { value: 7 }),
  ).toMatchObject({
    partialSuccess: {
      rejectedDataPoints: "1",
      errorMessage: expect.stringMatching(/^time_missing: /) as unknown,
    },
  });
  expect(await totals()).toEqual({ tokens: 7n });
});

it.each([
  { days: 60, counted: 150n },
  { days: 400, counted: 110n },
])(
  "a counter that was silent for $days days does not bill its lifetime again",
  async ({ days, counted }) => {
    await sums(cumulative, "tokens", { value: 110 });
    expect(await totals()).toEqual({ tokens: 110n });
    world.clock.pass(days * day);
    for (const _ of [1, 2]) {
      world.clock.pass(2 * day);
      await world.agent.deliverNow();
      world.agent.beat();
    }
    const at = (days + 4) * day;
    await sums(cumulative, "tokens", { value: 150, at });
    expect(await totals()).toEqual({ tokens: counted });
    // What begins now is another counter, and in sight.
    await sums(
      cumulative,
      "tokens",
      { value: 151, at: at + 1 },
      { value: 7, from: at, at: at + 1 },
    );
    expect(await totals()).toEqual({ tokens: counted + 8n });
  },
);

it("a counter whose meter is declared later counts from then on", async () => {
  await sums(cumulative, "calls", { value: 1000 });
  world.clock.pass(600);
  const calls = { name: "calls", unit: "call", aggregation: "sum" };
  await world.restart({ meters: { ...meterFile, meters: [...meterFile.meters, calls] } });
  await sums(cumulative, "calls", { value: 1001, at: 601 });
  await sums(cumulative, "calls", { value: 1005, at: 602 });
  expect(await totals()).toEqual({ calls: 4n });
});
