/** The agent and the real collector through what goes wrong in years: restores, clones, lost volumes, rotated keys, silent sources. */

import { cpSync } from "node:fs";
import { usageClient } from "@submeter/agent/client";
import type { Network } from "@submeter/agent/network";
import type { Ways } from "@submeter/agent/ways";
import { contractOf, requestsPlan } from "@submeter/collector/billing/contract-life.fixture";
import {
  startTestCollector,
  type TestCollector,
  untilEnd,
} from "@submeter/collector/collector.fixture";
import { copyOf } from "@submeter/collector/store/database.fixture";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";

const { atEnd, end } = untilEnd();
let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ atEnd, now: parseInstant("2026-01-05T00:00:00Z") });
});
afterAll(end);

type Site = {
  readonly name: string;
  readonly key: string;
  readonly world: AgentWorld;
  readonly folder: string;
  /** For both clocks. */
  pass(seconds: number): void;
  /** Ends the agent and starts it from a folder, with what else has changed. */
  restart(o?: {
    folder?: string;
    key?: string;
    endpoint?: string;
    ways?: Partial<Ways>;
    meters?: unknown;
    network?: Network;
  }): Promise<void>;
  /** Counts, seals and delivers an hour. */
  hourWith(quantity: number): Promise<void>;
  totals(): Promise<string | null>;
};

let sites = 0;

function folderForTest(): string {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  return folder.path;
}

async function site(): Promise<Site> {
  const name = `site-${(sites += 1)}`;
  const key = await collector.enrol(name);
  const world = await agentWorld({ start: formatInstant(collector.clock.now()) });
  onTestFinished(world.end);
  const folder = folderForTest();
  const restart: Site["restart"] = async (o = {}) => {
    await world.restart({ endpoint: collector.url, key, folder, ...o });
  };
  await restart();
  const pass = (seconds: number): void => {
    world.clock.pass(seconds);
    collector.clock.moveTo(world.clock.now());
  };
  return {
    name,
    key,
    world,
    folder,
    pass,
    restart,
    hourWith: async (quantity) => {
      await send(world.agent, { meter: "tokens", quantity });
      pass(3600);
      world.agent.sealNow();
      await world.agent.deliverNow();
    },
    totals: async () => totalIn(collector, name),
  };
}

async function totalIn({ database }: TestCollector, installation: string): Promise<string | null> {
  const rows = await database.query<{ total: string | null }>(
    "select trim_scale(sum(quantity)) as total from usage_hourly where installation_id = $1",
    [installation],
  );
  return rows[0]?.total ?? null;
}

async function journalsOf({
  name,
}: Site): Promise<{ replaces: unknown; through: number; highest: number }[]> {
  const { body } = await collector.api("GET", `/installations/${name}/journals`);
  return body.items;
}

describe("a volume", { timeout: 60_000 }, () => {
  it("that is restored from a backup parts from its double, and everything is counted once", async () => {
    const here = await site();
    await here.hourWith(1);
    await here.world.agent.close();
    const backup = folderForTest();
    cpSync(here.folder, backup, { recursive: true });
    await here.restart();
    await here.hourWith(10);
    await here.restart({ folder: backup });
    await here.hourWith(100);
    await here.hourWith(1000);
    expect(here.world.agent.status()).toMatchObject({ backlog: { reports: 0, parked: 0 } });
    expect(await here.totals()).toBe("1111");
    const journals = await journalsOf(here);
    expect(journals.map(({ replaces }) => replaces === null)).toEqual([true, false]);
  });

  it("that is cloned parts at the first report that differs; what both say of one hour waits for a person", async () => {
    const here = await site();
    await here.hourWith(1);
    await here.world.agent.close();
    const cloned = folderForTest();
    cpSync(here.folder, cloned, { recursive: true });
    await here.restart();
    const clone = await here.world.start({
      endpoint: collector.url,
      key: here.key,
      folder: cloned,
    });
    await send(here.world.agent, { meter: "tokens", quantity: 10 });
    await send(clone, { meter: "tokens", quantity: 100 });
    here.pass(3600);
    for (const agent of [here.world.agent, clone]) {
      agent.sealNow();
      await agent.deliverNow();
      expect(agent.status().backlog.reports).toBe(0);
    }
    // The clone may be a restored copy that counted the same again: nobody can tell but a person.
    expect(await here.totals()).toBe("11");
    const { body } = await collector.api(
      "GET",
      `/reports?installation=${here.name}&undecided=true`,
    );
    expect(body.items).toMatchObject([{ code: "window_overlaps_replaced", sequence: 1 }]);
    const path = `/reports/${here.name}/${body.items[0].journal}/1/accept`;
    await collector.api("POST", path, { reason: "two machines" });
    expect(await here.totals()).toBe("111");

    await send(clone, { meter: "tokens", quantity: 1000 });
    here.pass(3600);
    clone.sealNow();
    await clone.deliverNow();
    expect(await here.totals()).toBe("1111");
    expect(await journalsOf(here)).toHaveLength(2);
  });

  it("that is lost at each restart makes a journal each time, and each is counted", async () => {
    const here = await site();
    for (const quantity of [1, 10, 100]) {
      await here.restart({ folder: folderForTest() });
      await here.hourWith(quantity);
    }
    expect(await here.totals()).toBe("111");
    const journals = await journalsOf(here);
    expect(journals.map(({ replaces, through }) => [replaces, through])).toEqual([
      [null, 1],
      [null, 1],
      [null, 1],
    ]);
  });

  it("of its own for each of two agents with one key is two journals, whose counts add", async () => {
    const here = await site();
    const other = await here.world.start({
      endpoint: collector.url,
      key: here.key,
      folder: folderForTest(),
    });
    await send(here.world.agent, { meter: "tokens", quantity: 5 });
    await send(other, { meter: "tokens", quantity: 7 });
    here.pass(3600);
    for (const agent of [here.world.agent, other]) {
      agent.sealNow();
      await agent.deliverNow();
    }
    expect(await here.totals()).toBe("12");
    expect((await journalsOf(here)).map(({ through }) => through)).toEqual([1, 1]);
  });
});

it("a collector that was restored from a backup gets back what it lost, once", async () => {
  const here = await site();
  await here.hourWith(1);
  const backup = await copyOf(collector.database);
  onTestFinished(() => backup.close());
  await here.hourWith(10);
  await here.hourWith(100);
  expect(await here.totals()).toBe("111");

  const restored = await startTestCollector({ database: backup, now: here.world.clock.now() });
  expect(await totalIn(restored, here.name)).toBe("1");
  await here.restart({ endpoint: restored.url });
  await here.world.agent.deliverNow();
  expect(await totalIn(restored, here.name)).toBe("111");
  expect(here.world.agent.status()).toMatchObject({ backlog: { reports: 0 } });
});

describe("five days of backlog", { timeout: 60_000 }, () => {
  /** A report an hour while nobody can be reached. */
  async function offline(here: Site): Promise<void> {
    for (let hour = 0; hour < 5 * 24; hour += 1) {
      await send(here.world.agent, { meter: "tokens", quantity: 1 });
      here.world.clock.pass(3600);
      here.world.agent.sealNow();
    }
    collector.clock.moveTo(here.world.clock.now());
  }

  const rotated = async (here: Site): Promise<string> => {
    const { body } = await collector.api("POST", `/installations/${here.name}/keys`, {});
    return body.environment.TELEMETRY_HMAC_KEY as string;
  };
  const revoked = (here: Site, mode: string) =>
    collector.api("POST", `/installations/${here.name}/keys/1/revoke`, { mode, reason: "a test" });

  it("leaves under a rotated key: the same bytes, signed anew", async () => {
    const here = await site();
    await offline(here);
    await here.restart({ key: await rotated(here) });
    expect(await here.world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 120 });
    expect(await here.totals()).toBe("120");
    const [keys] = await collector.database.query(
      "select count(distinct key_number)::int as keys, max(key_number) as number from reports where installation_id = $1",
      [here.name],
    );
    expect(keys).toEqual({ keys: 1, number: "2" });
  });

  it("leaves under the old key too while that is only rotated out", async () => {
    const here = await site();
    await offline(here);
    await rotated(here);
    expect(await here.world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 120 });
    expect(await here.totals()).toBe("120");
  });

  it("is held, not lost, when it leaves under a key that was compromised meanwhile", async () => {
    const here = await site();
    await offline(here);
    await rotated(here);
    await revoked(here, "compromised");
    await here.world.agent.deliverNow();
    expect(here.world.agent.status()).toMatchObject({
      backlog: { reports: 0 },
      last_receipt: { outcome: "quarantined", code: "key_compromised" },
    });
    expect(await here.totals()).toBeNull();
  });

  it("waits while its key is unknown, and leaves whole under the next one", async () => {
    const here = await site();
    await offline(here);
    const next = await rotated(here);
    await revoked(here, "removed");
    expect(await here.world.agent.deliverNow()).toMatchObject({ kind: "later", delivered: 0 });
    expect(here.world.agent.status().backlog.reports).toBe(120);
    await here.restart({ key: next });
    expect(await here.world.agent.deliverNow()).toMatchObject({ kind: "rest", delivered: 120 });
    expect(await here.totals()).toBe("120");
  });
});

describe("an hour", { timeout: 60_000 }, () => {
  const sources = ["api", "bus", "otel", "engine"] as const;
  const meters = {
    version: 1,
    meters: [{ name: "requests", unit: "request", aggregation: "sum" }],
    sources,
  };

  /** The product's page for the scraper, on loopback. */
  async function page(): Promise<string> {
    const server = createServer((_request, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end("# TYPE requests counter\nrequests_total 5\n");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  }

  const speak: Record<(typeof sources)[number], (here: Site) => Promise<unknown>> = {
    api: async ({ world }) => {
      const client = usageClient({ source: "api", url: world.agent.url });
      client.count({ meter: "requests", time: formatInstant(world.clock.now()) });
      expect(await client.close()).toBe(true);
    },
    bus: ({ world }) =>
      post(`${world.agent.url}/api/v1/events`, "application/cloudevents+json", {
        specversion: "1.0",
        id: `bus-${world.clock.now()}`,
        source: "bus",
        type: "requests",
        data: { quantity: 1 },
      }),
    otel: ({ world }) =>
      post(`${world.agent.url}/v1/metrics`, "application/json", {
        resourceMetrics: [
          {
            resource: {
              attributes: [{ key: "service.name", value: { stringValue: "otel" } }],
            },
            scopeMetrics: [],
          },
        ],
      }),
    engine: async ({ world }) => {
      const before = world.agent
        .status()
        .ways.scrape.map(({ read_at }) => read_at)
        .join();
      world.agent.beat();
      await expect
        .poll(() =>
          world.agent
            .status()
            .ways.scrape.map(({ read_at }) => read_at)
            .join(),
        )
        .not.toBe(before);
    },
  };

  async function post(url: string, type: string, body: unknown): Promise<void> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(body),
    });
    expect([200, 204]).toContain(response.status);
  }

  it.each(sources)(
    "in which %s was silent is not counted, and no zero; one in which all spoke is",
    async (silent) => {
      const here = await site();
      await collector.api("POST", "/plans", requestsPlan);
      const contract = contractOf(`customer-of-${here.name}`, {
        term: { from: formatInstant(here.world.clock.now()), to: null },
      });
      expect((await collector.api("PUT", `/contracts/${contract.id}`, contract)).status).toBe(200);
      const scrape = [{ source: "engine", url: new URL(await page()), everySeconds: 5 }];
      await here.restart({ meters, ways: { scrape } });
      for (const spoken of [sources, sources.filter((source) => source !== silent)]) {
        here.pass(600);
        for (const source of spoken) await speak[source](here);
        here.pass(3000);
        here.world.agent.sealNow();
        await here.world.agent.deliverNow();
      }
      const { body } = await collector.api("POST", "/invoices/preview", {
        customer: `customer-of-${here.name}`,
      });
      expect(body.statement.hours.text).toMatch(
        /^counted 1 · excused 0 · uncounted 1 · overdue 0 of 2 /,
      );
    },
  );
});
