/** The client library, against an agent that comes and goes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { type UsageProblem, usageClient } from "@submeter/agent/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatInstant } from "@submeter/shared/time/instant";
import { type AgentWorld, agentWorld, counted } from "./agent.fixture.ts";
import { recordedRow, terms } from "./terms.fixture.ts";

let world: AgentWorld;
let problems: UsageProblem[];

beforeEach(async () => {
  problems = [];
  world = await agentWorld({ start: formatInstant(Math.floor(Date.now() / 1000)) });
});
afterEach(() => world.end());

function client(changes: { waitingMax?: number; url?: string } = {}) {
  const onProblem = (problem: UsageProblem) => problems.push(problem);
  return usageClient({
    url: world.agent.url,
    source: "product",
    delayMs: 1,
    onProblem,
    ...changes,
  });
}

async function totals(): Promise<string[]> {
  return (await counted(world.agent)).map((line) => line.replace(/ at .*$/, ""));
}

describe("the client", () => {
  it("counts every event once, in batches", async () => {
    const usage = client();
    for (let n = 0; n < 1200; n += 1) usage.count({ meter: "requests" });
    usage.count({ meter: "tokens", quantity: "0.5" });
    usage.count({ meter: "tokens", quantity: 12n });
    expect(await usage.close()).toBe(true);
    expect(await totals()).toEqual(["requests small 1200", "tokens 12.5"]);
    expect(problems).toEqual([]);
  });

  it("waits for an agent that is down, and tells", async () => {
    const port = Number(new URL(world.agent.url).port);
    const usage = client();
    await world.agent.close();
    usage.count({ meter: "tokens", quantity: 3 });
    expect(await usage.flush(300)).toBe(false);
    expect(problems[0]).toMatchObject({ code: "agent_unreachable", lost: false });
    await world.restart({ port });
    expect(await usage.close()).toBe(true);
    expect(await totals()).toEqual(["tokens 3"]);
  });

  it("says whether a meter may be used, and that nobody knows where nobody answers", async () => {
    world.collector.terms = terms({
      usage: [recordedRow("requests", "60")],
      now: "2026-01-05T10:00:00Z",
    });
    const usage = client();
    expect(await usage.entitlement("tokens")).toMatchObject({
      status: "unknown",
      reason: "no_state",
    });
    expect(await usage.entitlement("no/such?meter")).toMatchObject({ reason: "meter_unknown" });
    const port = Number(new URL(world.agent.url).port);
    await world.agent.close();
    expect(await usage.entitlement("requests")).toMatchObject({
      meter: "requests",
      status: "unknown",
      reason: "agent_unreachable",
    });
    world.clock.step(Date.parse("2026-01-05T10:00:00Z") / 1000 - world.clock.now());
    await world.restart({ port });
    await world.agent.deliverNow();
    expect(await usage.entitlement("requests")).toMatchObject({
      status: "throttle",
      rate: "1/min",
      remaining: "40",
    });
    await usage.close();
  });

  it("tells what the agent refused, and the others stand", async () => {
    const usage = client();
    usage.count({ meter: "nothing" });
    usage.count({ meter: "tokens" });
    await usage.close();
    expect(problems).toMatchObject([{ code: "meter_unknown", events: 1, lost: true }]);
    expect(await totals()).toEqual(["tokens 1"]);
  });

  it("never throws, whatever it is given, and drops what exceeds its bound", async () => {
    const usage = client({ waitingMax: 2, url: "http://127.0.0.1:9" });
    const knot: Record<string, unknown> = {};
    knot["self"] = knot;
    expect(() => {
      usage.count(null as never);
      usage.count({ meter: "tokens", dimensions: knot as never });
      usage.count({ meter: "tokens" });
      usage.count({ meter: "tokens" });
      usage.count({ meter: "tokens" });
    }).not.toThrow();
    expect(problems.map(({ code }) => code)).toEqual([
      "event_malformed",
      "event_malformed",
      "queue_full",
    ]);
    expect(await usage.flush(50)).toBe(false);
  });

  it("flushes by itself when the product's process ends", async () => {
    const path = resolve(import.meta.dirname, "../../packages/agent/src/client.ts");
    const script = `import { usageClient } from ${JSON.stringify(path)};
      usageClient({ url: ${JSON.stringify(world.agent.url)}, delayMs: 60_000 }).count({ meter: "tokens", quantity: 7 });`;
    const product = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: resolve(import.meta.dirname, "../.."),
    });
    await once(product, "close");
    expect(await totals()).toEqual(["tokens 7"]);
  });
});
