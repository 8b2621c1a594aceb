/** The client library, against an agent that comes and goes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
    expect(await usage.close(50)).toBe(false);
  });

  it("is not ended by a product whose own handler of problems fails, now or later", async () => {
    const usage = usageClient({
      url: "no URL at all",
      onProblem: ({ lost }) => (lost ? Promise.reject(new Error("later")) : fail()),
    });
    expect(() => usage.count({ meter: "tokens" })).not.toThrow();
    expect(await usage.close(50)).toBe(false);
    expect(await usage.entitlement("tokens")).toMatchObject({ status: "unknown" });
  });

  it("loses no other event with one that the agent cannot read", async () => {
    const usage = client();
    let deep: unknown = "deep";
    for (let n = 0; n < 70; n += 1) deep = [deep];
    for (let n = 0; n < 20; n += 1) {
      usage.count({ meter: "tokens" });
      if (n === 7) usage.count({ meter: "tokens", dimensions: { deep } as never });
      if (n === 9) usage.count({ meter: "tokens", dimensions: { text: "x".repeat(70_000) } });
    }
    expect(await usage.close()).toBe(true);
    expect(await totals()).toEqual(["tokens 20"]);
    expect(problems).toMatchObject([
      { events: 1, code: "event_too_large", lost: true },
      { events: 1, code: "json_malformed", lost: true },
    ]);
  });

  it("takes no answer for the agent's that is not, and keeps its events until the agent is there", async () => {
    const answers = [
      { status: 200, text: "" },
      { status: 200, text: "<html>" },
      { status: 200, text: '{"ok":true}' },
      { status: 404, text: "{}" },
      { status: 204, text: "" },
    ];
    const other = createServer((request, response) => {
      request.resume();
      const { status, text } = answers.shift() ?? { status: 500, text: "" };
      response.writeHead(status, { connection: "close" }).end(text);
      if (answers.length === 0) other.close();
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const ended = once(other, "close");
    const usage = client({ url: `http://127.0.0.1:${port}` });
    usage.count({ meter: "tokens", quantity: 9 });
    await ended;
    await world.restart({ port });
    expect(await usage.close()).toBe(true);
    expect(await totals()).toEqual(["tokens 9"]);
    expect(problems.filter(({ lost }) => lost)).toEqual([]);
    expect(problems.slice(0, 4).map(({ code }) => code)).toEqual([
      "http_200",
      "http_200",
      "http_200",
      "http_404",
    ]);
  });

  it("tells what it could not deliver before the end", async () => {
    const usage = client({ url: "http://127.0.0.1:9" });
    for (let n = 0; n < 700; n += 1) usage.count({ meter: "tokens" });
    expect(await usage.close(50)).toBe(false);
    expect(problems.at(-1)).toMatchObject({ events: 700, code: "not_durable_at_end", lost: true });
    usage.count({ meter: "tokens" });
    expect(problems.at(-1)).toMatchObject({ events: 1, detail: "the client is closed" });
  });
});

describe("the end of a product", () => {
  /** What the product prints to say that it runs; it is told to end then. */
  async function product(script: string, end?: NodeJS.Signals): Promise<number | null> {
    const path = resolve(import.meta.dirname, "../../packages/agent/src/client.ts");
    const head = `import { usageClient } from ${JSON.stringify(path)};
      const url = ${JSON.stringify(world.agent.url)};`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", head + script], {
      cwd: resolve(import.meta.dirname, "../.."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (end !== undefined) child.stdout.once("data", () => child.kill(end));
    const [code] = (await once(child, "close")) as [number | null];
    return code;
  }

  it("flushes by itself when the process runs out of work", async () => {
    const code = await product(
      `usageClient({ url, delayMs: 60_000 }).count({ meter: "tokens", quantity: 7 });`,
    );
    expect(code).toBe(0);
    expect(await totals()).toEqual(["tokens 7"]);
  });

  it("by a signal flushes as the README has it, though a server still listens", async () => {
    const code = await product(
      `import { createServer } from "node:http";
      const usage = usageClient({ url, delayMs: 60_000 });
      process.once("SIGTERM", () => void usage.close().finally(() => process.exit()));
      createServer().listen(0, "127.0.0.1", () => {
        usage.count({ meter: "tokens", quantity: 8 });
        console.log("serving");
      });`,
      "SIGTERM",
    );
    expect(code).toBe(0);
    expect(await totals()).toEqual(["tokens 8"]);
  });

  it("is not put off for ever by an agent that is down", async () => {
    const code = await product(
      `const usage = usageClient({ url: "http://127.0.0.1:9", onProblem: ({ code }) => {
        if (code === "not_durable_at_end") process.exitCode = 7;
      } });
      usage.count({ meter: "tokens" });`,
    );
    expect(code).toBe(7);
  });
});

function fail(): never {
  throw new Error("now");
}
