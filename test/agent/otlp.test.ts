/** OTLP/HTTP metrics, by the OpenTelemetry SDK with both of its exporters, and by the specification's own example. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { formatInstant } from "@submeter/shared/time/instant";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, counted } from "./agent.fixture.ts";

const example = readFileSync(resolve(import.meta.dirname, "vectors/otlp-metrics.json"));
const start = Math.floor(Date.now() / 1000);
/** 2026-01-05T10:00:00Z in nanoseconds, where the tests with made points begin. */
const tenOClock = 1_767_607_200n * 1_000_000_000n;

let world: AgentWorld;
afterEach(() => world.end());

async function totals(): Promise<string[]> {
  return (await counted(world.agent)).map((line) => line.replace(/ at .*$/, ""));
}

type Options = { temporality?: AggregationTemporality; gzip?: boolean };

/** A product's SDK; its resource is called `node` or what OTEL_SERVICE_NAME says. */
function productWith(Exporter: typeof JsonExporter | typeof ProtobufExporter, o: Options = {}) {
  const exporter = new Exporter({
    url: `${world.agent.url}/v1/metrics`,
    temporalityPreference: o.temporality ?? AggregationTemporality.CUMULATIVE,
    ...(o.gzip === true ? { compression: "gzip" as never } : {}),
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  return { provider, meter: provider.getMeter("product") };
}

describe.each([
  { exporter: "JSON", Exporter: JsonExporter },
  { exporter: "protobuf", Exporter: ProtobufExporter },
])("the OpenTelemetry SDK with its $exporter exporter", ({ Exporter }) => {
  beforeEach(async () => {
    world = await agentWorld({ start: formatInstant(start) });
  });

  it("counts a cumulative counter once, its shutdown export included", async () => {
    const { provider, meter } = productWith(Exporter);
    const requests = meter.createCounter("requests");
    requests.add(5, { model: "large", "http.route": "/v1" });
    await provider.forceFlush();
    requests.add(3, { model: "large", "http.route": "/v1" });
    requests.add(1);
    await provider.forceFlush();
    await provider.shutdown();
    expect(await totals()).toEqual(["requests large 8", "requests small 1"]);
  });

  it("goes on counting after the agent was started again", async () => {
    const { provider, meter } = productWith(Exporter);
    const tokens = meter.createCounter("tokens");
    tokens.add(5);
    await provider.forceFlush();
    const listen = Number(new URL(world.agent.url).port);
    await world.restart({ port: listen });
    tokens.add(2);
    await provider.shutdown();
    expect(await totals()).toEqual(["tokens 7"]);
  });

  it("counts deltas, and gzipped", async () => {
    const o = { temporality: AggregationTemporality.DELTA, gzip: true };
    const { provider, meter } = productWith(Exporter, o);
    const tokens = meter.createCounter("tokens");
    tokens.add(0.5);
    await provider.forceFlush();
    tokens.add(0.25);
    await provider.shutdown();
    expect(await totals()).toEqual(["tokens 0.75"]);
  });

  it("counts a product that was started again from zero", async () => {
    for (const amount of [4, 3]) {
      const { provider, meter } = productWith(Exporter);
      meter.createCounter("tokens").add(amount);
      await provider.shutdown();
    }
    expect(await totals()).toEqual(["tokens 7"]);
  });
});

type Point = Record<string, unknown>;

function sum(points: Point[], o: { temporality?: number; name?: string } = {}): unknown {
  const { temporality = 2, name = "tokens" } = o;
  const metric = {
    name,
    sum: { aggregationTemporality: temporality, isMonotonic: true, dataPoints: points },
  };
  return exportOf([metric]);
}

function exportOf(metrics: unknown[]): unknown {
  const attributes = [{ key: "service.name", value: { stringValue: "product" } }];
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
}

/** `seconds` after ten; a counter that began at ten. */
function point(value: string, seconds: number, changes: Point = {}): Point {
  const timeUnixNano = String(tenOClock + BigInt(seconds) * 1_000_000_000n);
  return { asInt: value, startTimeUnixNano: String(tenOClock), timeUnixNano, ...changes };
}

async function post(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: unknown; retryAfter: string | null }> {
  const response = await fetch(`${world.agent.url}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, json: await response.json(), retryAfter };
}

describe("an export of metrics", () => {
  beforeEach(async () => {
    world = await agentWorld();
  });

  it("of the specification's example counts its delta counter alone, and says so", async () => {
    const meters = {
      version: 1,
      meters: [{ name: "my.counter", unit: "request", aggregation: "sum" }],
    };
    await world.restart({ meters });
    expect(await post(example)).toMatchObject({
      status: 200,
      json: { partialSuccess: { rejectedDataPoints: "3" } },
    });
    await post(example);
    expect(await counted(world.agent)).toEqual(["my.counter 5 at 14 h"]);
  });

  it("that is sent again counts once, before and after a restart", async () => {
    world.clock.pass(60);
    for (const temporality of [1, 2]) {
      const body = sum([point("5", 30)], { temporality });
      await post(body);
      await post(body);
      await world.restart();
      await post(body);
    }
    expect(await counted(world.agent)).toEqual(["tokens 10 at 10 h"]);
  });

  it("of a counter that fell without saying so counts from zero", async () => {
    world.clock.pass(60);
    for (const [value, at] of [
      ["10", 10],
      ["3", 20],
      ["5", 30],
    ] as const) {
      await post(sum([point(value, at)]));
    }
    expect(await counted(world.agent)).toEqual(["tokens 15 at 10 h"]);
  });

  it("that arrives out of order counts nothing twice", async () => {
    world.clock.pass(60);
    await post(sum([point("9", 30)]));
    await post(sum([point("5", 20)]));
    await post(sum([point("10", 40)]));
    expect(await counted(world.agent)).toEqual(["tokens 10 at 10 h"]);
  });

  it("of a counter older than the journal counts only what comes after", async () => {
    world.clock.pass(60);
    const old = { startTimeUnixNano: String(tenOClock - 1n) };
    await post(sum([point("1000", 10, old)]));
    await post(sum([point("1007", 20, old)]));
    expect(await counted(world.agent)).toEqual(["tokens 7 at 10 h"]);
  });

  it("counts into the hour in which its interval ends", async () => {
    world.clock.pass(3700);
    await post(sum([point("1", 3600)], { temporality: 1 }));
    await post(sum([point("2", 3601)], { temporality: 1 }));
    expect(await counted(world.agent)).toEqual(["tokens 1 at 10 h", "tokens 2 at 11 h"]);
  });

  it("of doubles loses nothing of a counter, and takes no noise for decimals", async () => {
    world.clock.pass(60);
    const values = [0.1, 0.1 + 0.2, 2.9999999999999996];
    for (const [index, asDouble] of values.entries()) {
      await post(sum([{ ...point("0", 10 + index), asInt: undefined, asDouble }]));
    }
    expect(await counted(world.agent)).toEqual(["tokens 3 at 10 h"]);
  });

  it.each([
    { given: "of no meter", body: sum([point("1", 1)], { name: "other" }), code: "meter_unknown" },
    { given: "that is negative", body: sum([point("-1", 1)]), code: "quantity_malformed" },
    { given: "from the future", body: sum([point("1", 86_400)]), code: "time_ahead" },
    {
      given: "of a temporality that says nothing",
      body: sum([point("1", 1)], { temporality: 0 }),
      code: "metric_kind_refused",
    },
    {
      given: "that tells a level where amounts are counted",
      body: exportOf([{ name: "tokens", gauge: { dataPoints: [point("1", 1)] } }]),
      code: "metric_kind_refused",
    },
  ])("refuses a point $given, alone, and says why", async ({ body, code }) => {
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ partialSuccess: { rejectedDataPoints: "1" } });
    expect(JSON.stringify(answer.json)).toContain(code);
    expect(await counted(world.agent)).toEqual([]);
  });

  it.each([
    { given: "that is no JSON", body: Buffer.from("{"), headers: {} },
    { given: "of another shape", body: { resourceMetrics: 7 }, headers: {} },
    {
      given: "that only claims to be gzipped",
      body: Buffer.from("{}"),
      headers: { "content-encoding": "gzip" },
    },
  ])("$given is answered 400", async ({ body, headers }) => {
    expect(await post(body, headers)).toMatchObject({ status: 400 });
  });

  it("of thousands of streams at once, in a body of megabytes, counts", async () => {
    world.clock.pass(60);
    const route = (n: number) => ({
      key: "route",
      value: { stringValue: `/${n}/${"x".repeat(100)}` },
    });
    const points = Array.from({ length: 10_000 }, (_, n) =>
      point("1", 10, { attributes: [route(n)] }),
    );
    expect(JSON.stringify(points).length).toBeGreaterThan(2 * 1024 * 1024);
    expect(await post(sum(points))).toEqual({ status: 200, json: {}, retryAfter: null });
    expect(await counted(world.agent)).toEqual(["tokens 10000 at 10 h"]);
  });

  it("that inflates without end is answered 413", async () => {
    const bomb = gzipSync(Buffer.alloc(17 * 1024 * 1024));
    expect(await post(bomb, { "content-encoding": "gzip" })).toMatchObject({ status: 413 });
  });

  it("leaves word of its resource, also when nothing is counted", async () => {
    world.clock.pass(10);
    await post(exportOf([]));
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports()[0]?.sources[0]?.heard).toEqual([
      ["2026-01-05T10:00:10Z", "2026-01-05T10:00:11Z"],
    ]);
  });

  it("while the agent refuses events is answered 503, to be sent again later", async () => {
    await world.agent.retire();
    expect(await post(sum([point("1", 1)]))).toMatchObject({
      status: 503,
      retryAfter: "5",
      json: { code: 14 },
    });
  });
});

describe("a gauge", () => {
  const meters = {
    version: 1,
    meters: [
      { name: "memory", unit: "GiB-second", aggregation: "time_weighted", scale: 1 },
      { name: "seats", unit: "seat", aggregation: "max" },
    ],
  };
  const level = (name: string, value: number, seconds: number): unknown => {
    const dataPoints = [{ ...point("0", seconds), asInt: undefined, asDouble: value }];
    return exportOf([{ name, gauge: { dataPoints } }]);
  };

  it("of a time-weighted meter counts unit-seconds, exact to the hour", async () => {
    world = await agentWorld();
    await world.restart({ meters });
    world.clock.pass(3700);
    await post(level("memory", 1.5, 3580));
    await post(level("memory", 4, 3620));
    await post(level("memory", 9, 3630));
    expect(await counted(world.agent)).toEqual(["memory 30 at 10 h", "memory 70 at 11 h"]);
  });

  it("that was not heard for long counts nothing for that time", async () => {
    world = await agentWorld();
    await world.restart({ meters });
    world.clock.pass(3700);
    await post(level("memory", 2, 0));
    await post(level("memory", 2, 3600));
    await post(level("memory", 2, 3610));
    expect(await counted(world.agent)).toEqual(["memory 20 at 11 h"]);
  });

  it("of a meter of peaks counts the hour's greatest", async () => {
    world = await agentWorld();
    await world.restart({ meters });
    world.clock.pass(100);
    for (const seats of [3, 8, 5]) await post(level("seats", seats, 10 + seats));
    expect(await counted(world.agent)).toEqual(["seats 8 at 10 h"]);
  });
});
