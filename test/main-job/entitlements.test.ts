/** From a contract to the product's question: the real collector tells, the real agent answers. */

import { describe, expect, it, onTestFinished } from "vitest";
import { startAgent } from "@submeter/agent/agent";
import type { RunningAgent } from "@submeter/agent/running-agent";
import { startTestCollector, type TestCollector } from "@submeter/collector/collector.fixture";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { endpointPaths } from "@submeter/shared/wire/endpoint";
import { parseKey } from "@submeter/shared/wire/key";
import { send, temporaryFolder } from "../agent/agent.fixture.ts";

const plan = {
  version: 1,
  id: "requests",
  currency: "USD",
  show_prices: "admin",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [
    {
      id: "requests",
      kind: "usage",
      description: "Requests",
      meter: "requests",
      included: "100",
      packs: [{ id: "small", quantity: "50", amount: "5.00" }],
      overage: "opt_in",
      unit_price: "0.10",
    },
  ],
};

const contract = {
  version: 1,
  id: "acme",
  customer: "acme",
  plan: { id: "requests", version: 1 },
  term: { from: "2026-01-01T00:00:00Z", to: null },
  cycle: { every: "month" },
};

const meterFile = {
  version: 1,
  meters: [{ name: "requests", unit: "request", aggregation: "sum" }],
};

async function site(collector: TestCollector, id: string): Promise<RunningAgent> {
  const { clock } = collector;
  const { body } = await collector.api("POST", "/installations", {
    id,
    customer: "acme",
    enrolled: contract.term.from,
  });
  const folder = temporaryFolder();
  const agent = await startAgent({
    config: {
      endpoint: endpointPaths(collector.url),
      key: parseKey(body.environment.TELEMETRY_HMAC_KEY),
      intervalSeconds: 3600,
      stateDirectory: folder.path,
      listen: { host: "127.0.0.1", port: 0 },
      meters: readMeterFile(Buffer.from(JSON.stringify(meterFile))),
      certificateAuthority: null,
    },
    clock: {
      now: () => clock.now(),
      nowMs: () => clock.now() * 1000,
      monotonicMs: () => clock.now() * 1000,
    },
    manual: true,
  });
  onTestFinished(async () => {
    await agent.close();
    folder.remove();
  });
  return agent;
}

const count = (agent: RunningAgent, quantity: number) =>
  send(agent, { meter: "requests", quantity });

async function asked(agent: RunningAgent): Promise<any> {
  return (await fetch(`${agent.url}/v1/entitlements/requests`)).json();
}

describe("two installations of one customer, with a quota of 100", () => {
  it("are told of each other, stopped, let go on by what was bought, and shown what it costs", async () => {
    const collector = await startTestCollector();
    const { clock, api } = collector;
    const pass = (seconds: number) => clock.moveTo(clock.now() + seconds);
    await api("POST", "/customers", { id: "acme", name: "Acme" });
    expect((await api("POST", "/plans", plan)).status).toBe(201);
    expect((await api("PUT", "/contracts/acme", contract)).status).toBe(200);
    const [east, west] = [await site(collector, "acme-east"), await site(collector, "acme-west")];
    expect(await asked(east)).toMatchObject({ status: "unknown", reason: "no_state" });

    pass(600);
    await count(east, 70);
    await count(west, 25);
    for (const agent of [east, west]) {
      agent.sealNow();
      await agent.deliverNow();
    }
    // Its first word came before the other had reported; within the hour it hears of it.
    pass(3600);
    await east.deliverNow();
    expect(await asked(east)).toMatchObject({ status: "warning", used: "95", remaining: "5" });
    await count(east, 5);
    expect(await asked(east)).toMatchObject({ status: "blocked", reason: "limit_reached" });

    const packs = [{ id: "p1", line: "requests", pack: "small", at: "2026-01-05T01:00:00Z" }];
    expect((await api("PUT", "/contracts/acme", { ...contract, version: 2, packs })).status).toBe(
      200,
    );
    pass(61);
    await east.deliverNow();
    expect(await asked(east)).toMatchObject({ status: "ok", used: "100", quota: "150" });

    east.sealNow();
    await east.deliverNow();
    expect(await asked(east)).toMatchObject({ used: "100" });
    const page = (await (await fetch(`${east.url}/v1/page`)).json()) as any;
    expect(page.cost.estimate).toMatchObject({ currency: "USD", total: "5.00" });

    await api("POST", "/installations/acme-east/suspend", { reason: "invoice unpaid" });
    await count(east, 1);
    east.sealNow();
    await east.deliverNow();
    expect(await asked(east)).toMatchObject({
      status: "blocked",
      reason: "suspended",
      suspended: { reason: "invoice unpaid" },
    });
    // The other goes on by what it was told last.
    expect(await asked(west)).toMatchObject({ status: "warning", suspended: null });
    await api("POST", "/installations/acme-east/resume", { reason: "paid" });
    pass(61);
    await east.deliverNow();
    expect(await asked(east)).toMatchObject({ status: "ok", used: "101" });
  });
});
