/** `GET /metrics`, read as an operator's Prometheus reads it, and linted by promtool where that is installed. */

import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import { terms } from "./terms.fixture.ts";

let world: AgentWorld;
afterEach(() => world.end());

async function page(): Promise<{ text: string; value: (sample: string) => string | undefined }> {
  const response = await fetch(`${world.agent.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const samples = new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, string] => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
  return { text, value: (sample) => samples.get(`submeter_agent_${sample}`) };
}

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;
if (!hasPromtool) {
  process.stderr.write("\nSKIPPED: /metrics is not linted, because promtool is not installed\n\n");
}

async function lived(): Promise<void> {
  world = await agentWorld({ ways: { statsd: statsdWay } });
  world.collector.terms = terms();
  world.collector.fallbackAt = "2026-01-08T10:00:00Z";
  const many = Array.from({ length: 5 }, (_, index) => ({
    meter: "tokens",
    quantity: "1",
    id: `t${index}`,
  }));
  await send(world.agent, many);
  await send(world.agent, many.slice(0, 2));
  await send(world.agent, [
    { meter: "nothing", quantity: 1 },
    { meter: "tokens", quantity: 0.1 },
  ]);
  await send(world.agent, "{");
  await world.agent.deliverNow();
  world.agent.sealNow();
  world.clock.pass(10);
}

const statsdWay = {
  places: [{ kind: "udp" as const, host: "127.0.0.1", port: 0 }],
  sampling: "refuse" as const,
  source: null,
};

describe("the agent's metrics", () => {
  it.skipIf(!hasPromtool)("are found in order by promtool", async () => {
    await lived();
    const { text } = await page();
    const linted = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect([linted.stdout, linted.stderr, linted.status]).toEqual(["", "", 0]);
  });

  it("count what was accepted, repeated and refused, by reason", async () => {
    await lived();
    const { value } = await page();
    expect(value("events_accepted_total")).toBe("5");
    expect(value("events_duplicate_total")).toBe("2");
    expect(value('events_refused_total{reason="meter_unknown"}')).toBe("1");
    expect(value('events_refused_total{reason="quantity_inexact"}')).toBe("1");
    expect(value('requests_refused_total{reason="json_malformed"}')).toBe("1");
    expect(value("commit_failures_total")).toBe("0");
    expect(value("counting")).toBe("1");
    expect(value("remembered_ids")).toBe("5");
  });

  it("tell what waits, since when, and how long until billing falls back", async () => {
    await lived();
    const { value } = await page();
    expect(value("backlog_reports")).toBe("1");
    expect(value("backlog_oldest_seconds")).toBe("10");
    expect(value("last_receipt_timestamp_seconds")).toBeUndefined();
    expect(value("fallback_seconds")).toBe(String(72 * 3600 - 10));
    expect(value("state_age_seconds")).toBe("10");
    await world.agent.deliverNow();
    const later = await page();
    expect(later.value("backlog_reports")).toBe("0");
    expect(later.value("backlog_oldest_seconds")).toBe("0");
    expect(later.value("last_receipt_timestamp_seconds")).toBe(String(world.clock.now()));
  });

  it("leave out what is not known, so that no alert takes it for 0", async () => {
    world = await agentWorld();
    const { value } = await page();
    expect(value("fallback_seconds")).toBeUndefined();
    expect(value("state_age_seconds")).toBeUndefined();
    expect(value("disk_free_bytes")).toBe("1000000000");
    expect(Number(value("journal_bytes"))).toBeGreaterThan(4096);
  });

  it("tell which declared source is silent, and which page is not read", async () => {
    world = await agentWorld({
      ways: {
        scrape: [{ source: "product", url: new URL("http://127.0.0.1:9/m"), everySeconds: 30 }],
      },
    });
    expect((await page()).value('source_silent{source="product"}')).toBe("0");
    expect((await page()).value('source_heard_timestamp_seconds{source="product"}')).toBe(
      undefined,
    );
    world.clock.pass(3600);
    world.agent.beat();
    await vi.waitFor(async () =>
      expect((await page()).value('scrape_failing{source="product"}')).toBe("1"),
    );
    expect((await page()).value('source_silent{source="product"}')).toBe("1");
    await send(world.agent, { meter: "tokens", quantity: 1, source: "product" });
    const { value } = await page();
    expect(value('source_silent{source="product"}')).toBe("0");
    expect(value('source_heard_timestamp_seconds{source="product"}')).toBe(
      String(world.clock.now()),
    );
  });

  it("call nobody silent who is not expected: while a shutdown is attested, and after the last report", async () => {
    world = await agentWorld();
    world.clock.pass(3700);
    const silent = () => world.agent.status().sources.map((source) => source.silent);
    expect(silent()).toEqual([true]);
    const until = "2026-01-07T00:00:00Z";
    await fetch(`${world.agent.url}/v1/pause`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ until, reason: "moved" }),
    });
    expect(silent()).toEqual([false]);
    world.clock.pass(48 * 3600);
    expect(silent()).toEqual([true]);
    await world.agent.retire();
    expect(silent()).toEqual([false]);
  });

  it("name no meter, no label and no quantity of the product", async () => {
    await lived();
    await send(world.agent, { meter: "requests", quantity: 7321, dimensions: { model: "large" } });
    const { text } = await page();
    expect(text).not.toMatch(/tokens|requests"|large|7321/);
  });

  it("ask for the token where one is set", async () => {
    world = await agentWorld({ ways: { token: "a-token-for-this-test" } });
    const refused = await fetch(`${world.agent.url}/metrics`);
    expect(refused.status).toBe(401);
    const headers = { authorization: "Bearer a-token-for-this-test" };
    expect((await fetch(`${world.agent.url}/metrics`, { headers })).status).toBe(200);
    expect((await fetch(`${world.agent.url}/healthz`)).status).toBe(200);
  });
});
