/** Wherever a crash ends the agent, between any two calls that change its files: nothing acknowledged is lost, nothing counts twice. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@submeter/agent/journal/database";
import { expect, it, onTestFinished } from "vitest";
import { agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import {
  crashStates,
  isTraceable,
  readFiles,
  tracedRun,
  writeFiles,
} from "./crash-states.fixture.ts";
import type { Operation } from "./crash-states.fixture.ts";
import type { Recorded } from "./fake-collector.fixture.ts";
import { processWorld } from "./processes.fixture.ts";

if (!isTraceable) {
  console.warn(
    "SKIPPED, NOT PROVEN HERE: strace cannot run on this machine, so the states that a crash leaves were not gone through",
  );
}

/** With ids they can be sent again; those without are of another meter, so that the bounds of both can be told. */
const identified = (n: number) => ({ meter: "tokens", quantity: String(10 ** n), id: `e-${n}` });
const unidentified = { meter: "requests", quantity: "1" };

const steps = [
  [identified(0)],
  [identified(1), identified(2)],
  [unidentified],
  "flush",
  [identified(3), { ...unidentified, quantity: "10" }],
  "flush",
  [identified(4)],
] as const;

/** What was durable is decided by then: hundreds of agents that start need no disk. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

async function flush(url: string): Promise<void> {
  await fetch(`${url}/v1/flush`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
}

/** What the agent had said by then: answers to the product, and reports to the collector. */
function saidBy(operations: readonly Operation[], after: number) {
  const sent = operations
    .slice(0, after)
    .flatMap((one) => (one.kind === "sent" ? [one.bytes.toString("latin1")] : []));
  return {
    answers: sent.filter((text) => text.startsWith("HTTP/1.1 20")).length,
    reports: sent.filter((text) => text.includes("POST /ingest")).length,
  };
}

it.skipIf(!isTraceable)(
  "totals are exact after a crash at every point of counting, sealing, delivering and closing",
  { timeout: 120_000 },
  async () => {
    const traced = await processWorld();
    const state = traced.environment["SUBMETER_AGENT_STATE"] ?? "";
    const operations = await tracedRun(
      traced.environment,
      state,
      join(traced.folder, "trace"),
      async () => {
        for (const step of steps) {
          if (step === "flush") await flush(traced.url);
          else await send(traced, step);
        }
      },
    );
    const recorded: [string, Recorded][] = [...traced.collector.records];
    expect(recorded).toHaveLength(2);
    expect(saidBy(operations, operations.length)).toEqual({ answers: steps.length, reports: 2 });

    const world = await agentWorld({ start: new Date().toISOString().slice(0, 19) + "Z" });
    onTestFinished(() => world.end());
    const states = crashStates(operations);
    const events = steps.flatMap((step) => (step === "flush" ? [] : step));
    const withIds = events.filter((event) => "id" in event);
    for (const { after, how, files } of states) {
      const place = `${how} after call ${after}`;
      const { answers, reports } = saidBy(operations, after);
      const done = steps.slice(0, answers).flatMap((step) => (step === "flush" ? [] : step));
      const underWay = steps.slice(answers, answers + 1).flatMap((s) => (s === "flush" ? [] : s));
      const folder = temporaryFolder(memory);
      writeFiles(folder.path, files);
      world.collector.records.clear();
      for (const [name, record] of recorded.slice(0, reports)) {
        world.collector.records.set(name, record);
      }
      const agent = await world.start({ folder: folder.path });
      const again = await send(agent, withIds);
      agent.sealNow();
      await agent.deliverNow();
      const waiting = agent.status().backlog.reports;
      await agent.close();
      folder.remove();

      const { duplicates } = again.json as { duplicates: number };
      const totals = world.collector.totals();
      const unidentifiedOf = (list: readonly { meter: string; quantity: string }[]) =>
        list.reduce(
          (sum, { meter, quantity }) => sum + (meter === "requests" ? BigInt(quantity) : 0n),
          0n,
        );
      const least = unidentifiedOf(done);
      expect({
        place,
        waiting,
        conflicts: world.collector.evidence.length,
        forgotten: duplicates < done.filter((event) => "id" in event).length,
        tokens: totals["tokens"],
        requests: [least, least + unidentifiedOf(underWay)].includes(totals["requests"] ?? 0n),
      }).toEqual({
        place,
        waiting: 0,
        conflicts: 0,
        forgotten: false,
        tokens: 11_111n,
        requests: true,
      });
    }
    console.log(`${states.length} states of ${operations.length} calls`);
    expect(states.length).toBeGreaterThan(150);
  },
);

it.skipIf(!isTraceable)(
  "a damaged journal is replaced whole or not yet, wherever a crash ends the replacement",
  { timeout: 120_000 },
  async () => {
    const world = await agentWorld({
      start: new Date().toISOString().slice(0, 19) + "Z",
      under: memory,
    });
    onTestFinished(() => world.end());
    const events = [0, 1, 2].map(identified);
    for (const [index, event] of events.entries()) {
      await send(world.agent, event);
      // The first has its receipt, the second is sealed, the third is open.
      if (index < 2) world.agent.sealNow();
      if (index === 0) await world.agent.deliverNow();
    }
    await world.agent.close();
    damage(join(world.folder, "journal.sqlite"));
    const before = readFiles(world.folder);
    const recorded = [...world.collector.records];

    const traced = await processWorld();
    const state = traced.environment["SUBMETER_AGENT_STATE"] ?? "";
    writeFiles(state, before);
    const environment = { ...traced.environment, SUBMETER_AIR_GAPPED: "true" };
    const operations = await tracedRun(environment, state, join(traced.folder, "trace"), () =>
      Promise.resolve(),
    );
    // As long as only the successor grows, each third state will do: it is thrown away.
    const moves = operations.findIndex(({ kind }) => kind === "rename");
    const states = crashStates(operations, before).filter(
      ({ after }, index) => after >= moves || index % 3 === 0,
    );
    for (const { after, how, files } of states) {
      const folder = temporaryFolder(memory);
      writeFiles(folder.path, files);
      world.collector.records.clear();
      for (const [name, record] of recorded) world.collector.records.set(name, record);
      const agent = await world.start({ folder: folder.path });
      const again = await send(agent, events);
      agent.sealNow();
      await agent.deliverNow();
      const { backlog, replaced_files: replaced } = agent.status();
      await agent.close();
      folder.remove();
      const place = `${how} after call ${after}`;
      expect({
        place,
        again: again.json,
        waiting: backlog.reports,
        conflicts: world.collector.evidence.length,
        tokens: world.collector.totals()["tokens"],
        kept: replaced.length > 0,
      }).toEqual({
        place,
        again: { accepted: 0, duplicates: 3, rejected: [] },
        waiting: 0,
        conflicts: 0,
        tokens: 111n,
        kept: true,
      });
    }
    console.log(`${states.length} states of ${operations.length} calls`);
    expect(states.length).toBeGreaterThan(50);
  },
);

/** A page that holds nothing, so that everything else can be read; and the mark of the run that came across it. */
function damage(path: string): void {
  const database = openDatabase(path);
  const page = Number(
    database.prepare(`select rootpage from sqlite_master where name = 'shutdowns'`).pluck().get(),
  );
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, (page - 1) * 4096, page * 4096);
  writeFileSync(path, bytes);
  writeFileSync(`${path}.suspect`, "");
}
