/** The main job through SIGKILL: what was acknowledged is counted exactly once, whoever dies and when. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "@submeter/collector/store/database.fixture";
import { type Program, runProgram, startProgram } from "../programs.fixture.ts";
import { freePort, openTap, type Tap, type TapPoint } from "./tap.fixture.ts";
import { readTrace, type Totals, type Trace } from "./trace.fixture.ts";

/** Where the agent dies: the so-many-th chunk of what `count` sends to it or gets from it. */
const agentDeaths: { point: TapPoint; chunk: number }[] = [
  { point: "request", chunk: 3 },
  { point: "answer", chunk: 4 },
  { point: "request", chunk: 7 },
  { point: "request", chunk: 6 },
  { point: "answer", chunk: 5 },
  { point: "answer", chunk: 2 },
];
/** Where the collector dies, likewise, while a report is on its way. */
const collectorDeaths: { point: TapPoint; chunk: number }[] = [
  { point: "request", chunk: 1 },
  { point: "answer", chunk: 2 },
  { point: "request", chunk: 2 },
  { point: "answer", chunk: 1 },
];

const meterFile = {
  version: 1,
  meters: ["requests", "input_tokens", "output_tokens"].map((name) => ({
    name,
    unit: name === "requests" ? "request" : "token",
    aggregation: "sum",
    scale: 0,
  })),
};

type UsageRow = { at: string; meter: string; quantity: string };

test(
  "every request of a real trace is counted once, though agent and collector are killed again and again",
  { timeout: 240_000 },
  async () => {
    const trace = readTrace();
    // Each portion must be requests enough for the chunk at which somebody dies.
    expect(trace.events.length).toBeGreaterThanOrEqual(12 * agentDeaths.length);
    const stage = await setStage(trace);
    let agentDied = 0;
    let collectorDied = 0;

    // A portion for each death, in requests enough that the chosen chunk comes by.
    const portions = inPortions(trace.events, agentDeaths.length);
    const batch = Math.max(1, Math.min(500, Math.floor((portions.at(-1)?.length ?? 0) / 12)));
    const args = ["count", "--source", "trace", "--batch", String(batch), "--json"];
    const counting = startProgram("agent", args, {
      SUBMETER_AGENT_LISTEN: `127.0.0.1:${stage.productTap.port}`,
    });
    for (const [index, death] of agentDeaths.entries()) {
      const struck = stage.killAt(stage.productTap, death, () => stage.agent);
      counting.process.stdin?.write(portions[index]?.join("") ?? "");
      await struck;
      agentDied += 1;
      await stage.startAgent();
      const collectorDeath = collectorDeaths[collectorDied];
      if (collectorDeath === undefined) continue;
      const killed = stage.killAt(stage.vendorTap, collectorDeath, () => stage.collector);
      await Promise.all([killed, stage.flush()]);
      collectorDied += 1;
      await stage.startCollector();
    }
    counting.process.stdin?.end();
    const counted = await counting.ended;
    expect(counted.stderr + counted.stdout).toContain('"rejected":0');
    expect({ agentDied, collectorDied }).toEqual({ agentDied: 6, collectorDied: 4 });

    await stage.flush();
    const status = JSON.parse((await stage.agentCommand(["status", "--json"])).stdout);
    expect(status.backlog.reports).toBe(0);

    const total = await stage.usage("total");
    expect(sums(total)).toEqual(trace.total);
    const hourly = Map.groupBy(await stage.usage("hour"), (row) => row.at);
    expect(new Map([...hourly].map(([at, rows]) => [at, sums(rows)]))).toEqual(trace.byHour);
  },
);

test.skipIf(process.env["SUBMETER_TRACE_DIR"] !== undefined)(
  "the project's own trace has the totals that were published with it",
  () => {
    const trace = readTrace();
    expect(trace.total).toEqual({
      requests: 8819n,
      input_tokens: 18_059_974n,
      output_tokens: 245_896n,
    });
    expect([...trace.byHour.values()].map(({ requests }) => requests)).toEqual([7717n, 1102n]);
  },
);

/** Database, collector, customer, agent, each a real process, on ports they can come back to. */
async function setStage({ firstDay, endDay }: Trace) {
  const database = await freshDatabase();
  onTestFinished(() => database.close());
  const folder = mkdtempSync(join(tmpdir(), "submeter-exact-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "meters.json"), JSON.stringify(meterFile));
  const collectorPort = await freePort();
  const agentPort = await freePort();
  const vendorTap = await openTap(collectorPort);
  const productTap = await openTap(agentPort);
  const collectorEnvironment = {
    DATABASE_URL: database.url,
    SUBMETER_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    SUBMETER_PAYMENTS: "none",
    SUBMETER_PUBLIC_URL: `http://127.0.0.1:${vendorTap.port}`,
  };
  let collector: Program;
  let agent: Program;
  const startCollector = async () => {
    const args = ["run", "--port", String(collectorPort)];
    collector = startProgram("collector", args, collectorEnvironment);
    await collector.line(/"url":/);
  };
  await startCollector();
  const token = (await runProgram("collector", ["init"], collectorEnvironment)).stdout.trim();
  const submeter = async (args: string[]) => {
    const environment = {
      SUBMETER_URL: `http://127.0.0.1:${collectorPort}`,
      SUBMETER_TOKEN: token,
    };
    const done = await runProgram("operator", [...args, "--json"], environment);
    if (done.code !== 0) throw new Error(`submeter ${args.join(" ")}: ${done.stderr}`);
    return JSON.parse(done.stdout);
  };
  await submeter(["customers", "add", "acme", "--name", "Acme"]);
  const enrolled = ["--enrolled", firstDay];
  const added = await submeter([
    "installations",
    "add",
    "acme-1",
    "--customer",
    "acme",
    ...enrolled,
  ]);
  const agentEnvironment = {
    ...added.environment,
    SUBMETER_METERS: join(folder, "meters.json"),
    SUBMETER_AGENT_STATE: join(folder, "agent"),
    SUBMETER_AGENT_LISTEN: `127.0.0.1:${agentPort}`,
  };
  const startAgent = async () => {
    agent = startProgram("agent", ["run"], agentEnvironment);
    await agent.line(/counting/);
  };
  await startAgent();
  const agentCommand = (args: string[]) => runProgram("agent", args, agentEnvironment);
  return {
    productTap,
    vendorTap,
    startAgent,
    startCollector,
    agentCommand,
    get agent() {
      return agent;
    },
    get collector() {
      return collector;
    },
    flush: () => agentCommand(["flush", "--json"]),
    killAt: async (tap: Tap, death: { point: TapPoint; chunk: number }, victim: () => Program) => {
      const struck = Promise.withResolvers<void>();
      tap.at(death.point, death.chunk, () => {
        victim().process.kill("SIGKILL");
        struck.resolve();
      });
      await struck.promise;
      await victim().ended;
    },
    usage: async (by: string): Promise<UsageRow[]> => {
      const range = ["--from", firstDay, "--to", endDay, "--customer", "acme"];
      return (await submeter(["usage", ...range, "--by", by])).rows;
    },
  };
}

function inPortions(events: readonly string[], count: number): string[][] {
  const start = (index: number) => Math.floor((events.length * index) / count);
  return Array.from({ length: count }, (_, index) => events.slice(start(index), start(index + 1)));
}

function sums(rows: readonly UsageRow[]): Totals {
  const totals: Totals = { requests: 0n, input_tokens: 0n, output_tokens: 0n };
  for (const { meter, quantity } of rows) totals[meter as keyof Totals] += BigInt(quantity);
  return totals;
}
