/** A product's page of metrics, as prom-client writes it. */

import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, Gauge, Histogram, type RegistryContentType, Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, counted } from "./agent.fixture.ts";

let world: AgentWorld;
let product: Server;
let url: URL;
/** What the product answers. */
let page: { status: number; type: string; text: () => Promise<string> | string };

beforeEach(async () => {
  product = createServer((_, response) => {
    void Promise.resolve(page.text()).then((text) => {
      response.writeHead(page.status, { "content-type": page.type }).end(text);
    });
  }).listen(0, "127.0.0.1");
  await once(product, "listening");
  url = new URL(`http://127.0.0.1:${(product.address() as AddressInfo).port}/metrics`);
  world = await agentWorld({ ways: ways() });
});
afterEach(async () => {
  await world.end();
  product.closeAllConnections();
  product.close();
});

function ways() {
  return {
    scrape: [{ source: "product", url, everySeconds: 30 }],
    names: new Map([
      ["engine:requests_total", "requests"],
      ["engine_tokens_sum", "tokens"],
    ]),
    labels: new Map([["model_name", "model"]]),
  };
}

function says(text: string, type = "text/plain; version=0.0.4"): void {
  page = { status: 200, type, text: () => text };
}

function serves<Type extends RegistryContentType>(registry: Registry<Type>): void {
  page = { status: 200, type: registry.contentType, text: () => registry.metrics() };
}

/** The next page is read, or is known to be unreadable. */
async function scraped(): Promise<void> {
  world.clock.pass(30);
  const before = world.agent.status().ways.scrape[0];
  world.agent.beat();
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = setInterval(() => {
    const now = world.agent.status().ways.scrape[0];
    if (now?.read_at === before?.read_at && now?.problem === before?.problem) return;
    clearInterval(look);
    resolve();
  }, 5);
  await promise;
}

describe("prom-client's page", () => {
  it.each([
    { format: "Prometheus' text", type: Registry.PROMETHEUS_CONTENT_TYPE },
    { format: "OpenMetrics", type: Registry.OPENMETRICS_CONTENT_TYPE },
  ])("in $format counts by the differences of its counters", async ({ type }) => {
    const registry = new Registry<RegistryContentType>();
    registry.setContentType(type);
    const requests = new Counter({
      name: "engine:requests_total",
      help: "requests",
      labelNames: ["model_name", "path"],
      registers: [registry as Registry],
    });
    const tokens = new Histogram({
      name: "engine_tokens",
      help: "tokens",
      buckets: [1, 10],
      registers: [registry as Registry],
    });
    serves(registry);
    requests.inc({ model_name: "large", path: "/" }, 1000);
    tokens.observe(7);
    await scraped();
    expect(await counted(world.agent)).toEqual([]);
    requests.inc({ model_name: "large", path: "/" }, 5);
    requests.inc({ model_name: "large", path: "/x" }, 2);
    requests.inc({ path: "/" }, 1);
    tokens.observe(0.5);
    await scraped();
    expect(await counted(world.agent)).toEqual([
      "requests large 7 at 10 h",
      "requests small 1 at 10 h",
      "tokens 0.5 at 10 h",
    ]);
  });

  it("counts the hour's greatest of a gauge, for a meter of peaks", async () => {
    const registry = new Registry();
    const seats = new Gauge({ name: "seats", help: "seats", registers: [registry] });
    serves(registry);
    for (const value of [3, 9, 4]) {
      seats.set(value);
      await scraped();
    }
    expect(await counted(world.agent)).toEqual(["seats 9 at 10 h"]);
  });
});

describe("a counter on a page", () => {
  it("that fell began again, and counts from zero", async () => {
    for (const value of [100, 110, 4]) {
      says(`# TYPE tokens counter\ntokens ${value}\n`);
      await scraped();
    }
    expect(await counted(world.agent)).toEqual(["tokens 14 at 10 h"]);
  });

  it("of a process that began again counts from zero, however far it got", async () => {
    const text = (start: number, value: number) =>
      `process_start_time_seconds ${start}\n# TYPE tokens counter\ntokens ${value}\n`;
    says(text(1_767_600_000, 100));
    await scraped();
    says(text(1_767_607_235, 150));
    await scraped();
    expect(await counted(world.agent)).toEqual(["tokens 150 at 10 h"]);
  });

  it("goes on where it was after the agent was started again", async () => {
    says("# TYPE tokens counter\ntokens 100\n");
    await scraped();
    await world.restart();
    says("# TYPE tokens counter\ntokens 103\n");
    await scraped();
    expect(await counted(world.agent)).toEqual(["tokens 3 at 10 h"]);
  });

  it("of a product that began in our sight counts whole", async () => {
    const type = "application/openmetrics-text; version=1.0.0";
    says("# TYPE tokens counter\ntokens_total 12\ntokens_created 1767607205\n# EOF\n", type);
    await scraped();
    expect(await counted(world.agent)).toEqual(["tokens 12 at 10 h"]);
  });
});

describe("a page that cannot be read", () => {
  it.each([
    { given: "is none", status: 200, type: "text/plain", text: "<html>\n", problem: /line 1/ },
    {
      given: "ends in the middle",
      status: 200,
      type: "application/openmetrics-text",
      text: "# TYPE tokens counter\ntokens_total 100",
      problem: /does not end with # EOF/,
    },
    { given: "fails", status: 500, type: "text/plain", text: "tokens 5", problem: /answers 500/ },
    { given: "leads elsewhere", status: 302, type: "text/plain", text: "", problem: /302|cannot/ },
  ])("because it $given counts nothing, and its source is not heard", async (given) => {
    page = { ...given, text: () => given.text };
    await scraped();
    expect(world.agent.status().ways.scrape[0]?.problem).toMatch(given.problem);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports()[0]).toMatchObject({
      usage: [],
      sources: [{ name: "product", heard: [] }],
    });
  });

  it("is made good by the next one", async () => {
    says("# TYPE tokens counter\ntokens 100\n");
    await scraped();
    page = { ...page, status: 503 };
    await scraped();
    says("# TYPE tokens counter\ntokens 109\n");
    await scraped();
    expect(await counted(world.agent)).toEqual(["tokens 9 at 10 h"]);
    expect(world.agent.status().ways.scrape[0]).toMatchObject({ problem: null, samples: 1 });
  });
});
