/** `doctor`: for each thing that can go wrong, what it says and what it tells to do; with an agent running or not. */

import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { doctor } from "@submeter/agent/commands/doctor";
import { checkDisk } from "@submeter/agent/doctor/check-machine";
import type { Finding } from "@submeter/agent/doctor/finding";
import type { Ways } from "@submeter/agent/ways";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AgentWorld, agentWorld, installation, meterFile, send } from "./agent.fixture.ts";
import { fakeKey, type Reply } from "./fake-collector.fixture.ts";
import { spoken } from "./spoken.fixture.ts";

let world: AgentWorld;
let environment: Record<string, string>;
beforeEach(async () => {
  world = await agentWorld();
  chmodSync(world.folder, 0o700);
  const meters = join(world.folder, "meters.json");
  writeFileSync(meters, JSON.stringify(meterFile));
  environment = {
    TELEMETRY_ENDPOINT: world.collector.url,
    TELEMETRY_HMAC_KEY: fakeKey(installation),
    SUBMETER_METERS: meters,
    SUBMETER_AGENT_STATE: world.folder,
    SUBMETER_AGENT_LISTEN: new URL(world.agent.url).host,
  };
});
afterEach(async () => {
  await world.end();
});

async function examined(changes: Record<string, string> = {}) {
  const given = { ...environment, ...changes };
  const { code, text } = await spoken((io) =>
    doctor({ environment: given, flags: {}, clock: world.clock, io }, { json: true }),
  );
  const { well, findings } = JSON.parse(text) as { well: boolean; findings: Finding[] };
  const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
  return { code, well, findings, states };
}

const findingOf = (findings: Finding[], check: Finding["check"]) =>
  findings.find((finding) => finding.check === check);

describe("an agent that is well", () => {
  it("has no fault, and the doctor sends no usage and seals nothing", async () => {
    await send(world.agent, { meter: "tokens", quantity: 1 });
    await world.agent.deliverNow();
    const asked = world.collector.asked.length;
    const { code, well, states } = await examined();
    expect({ code, well }).toEqual({ code: 0, well: true });
    expect(new Set(Object.values(states)).has("fault")).toBe(false);
    expect(world.collector.asked.slice(asked).map(({ path }) => path)).toEqual(["/state"]);
    expect(world.agent.status().sealing.last_sequence).toBe(0);
  });

  it("is told to be started when it does not run: no fault, as nothing else is wrong", async () => {
    await world.agent.close();
    const { code, findings } = await examined();
    expect(code).toBe(0);
    expect(findingOf(findings, "agent")).toMatchObject({
      state: "warning",
      hint: "start it with `submeter-agent run`",
    });
    expect(findingOf(findings, "key")).toMatchObject({ state: "well" });
  });

  it("is said in words that a person reads, each fault with its next step", async () => {
    const environmentNow = { ...environment, TELEMETRY_ENDPOINT: "http://127.0.0.1:1" };
    const { code, text } = await spoken((io) =>
      doctor({ environment: environmentNow, flags: {}, clock: world.clock, io }, { json: false }),
    );
    expect(code).toBe(1);
    expect(text).toMatch(/^✓ configuration 4 meters declared; the key is of acme-prod\n/);
    expect(text).toMatch(
      /✗ collector {5}127\.0\.0\.1:1 cannot be reached: .*\n {16}→ allow the way out/,
    );
    expect(text).toMatch(/– clock {9}not known before the collector is reached\n/);
    expect(text).toMatch(/\n1 fault: see what to do above\.\n$/);
    expect(text).not.toContain(fakeKey(installation).slice(-49));
  });
});

type Case = {
  given: string;
  check: Finding["check"];
  state?: Finding["state"];
  arrange: () => Promise<Record<string, string> | void> | Record<string, string> | void;
  hint: RegExp;
};

const answering = (reply: Reply) => (): void => {
  world.collector.interfere = () => reply;
};

const cases: Case[] = [
  {
    given: "a key that lost a character",
    check: "configuration",
    arrange: () => ({ TELEMETRY_HMAC_KEY: fakeKey(installation).slice(0, -1) }),
    hint: /copy|paste|key/i,
  },
  {
    given: "a meter file with a fault",
    check: "configuration",
    arrange: () => {
      writeFileSync(environment["SUBMETER_METERS"] ?? "", '{"version":1,"meters":[],"x":1}');
    },
    hint: /./,
  },
  {
    given: "a key that the collector does not know",
    check: "key",
    arrange: () => ({ TELEMETRY_HMAC_KEY: fakeKey(installation, "9") }),
    hint: /compare TELEMETRY_HMAC_KEY/,
  },
  {
    given: "a portal that answers 200",
    check: "collector",
    arrange: answering({ status: 200, body: "<html>Welcome</html>" }),
    hint: /portal or a proxy/,
  },
  {
    given: "a redirect",
    check: "collector",
    arrange: answering({ status: 302, headers: { location: "https://elsewhere" } }),
    hint: /TELEMETRY_ENDPOINT/,
  },
  {
    given: "another collector than the agent knows",
    check: "collector",
    arrange: async () => {
      await world.agent.deliverNow();
      world.collector.name = "staging";
    },
    hint: /submeter-agent trust/,
  },
  {
    given: "a clock that is six minutes behind",
    check: "clock",
    arrange: () => {
      const now = world.collector.now;
      world.collector.now = () => now() + 360;
    },
    hint: /NTP/,
  },
  {
    given: "a clock that is a minute ahead",
    check: "clock",
    state: "warning",
    arrange: () => {
      const now = world.collector.now;
      world.collector.now = () => now() - 60;
    },
    hint: /NTP/,
  },
  {
    given: "a fallback that has begun",
    check: "coverage",
    arrange: () => {
      world.collector.fallbackAt = "2026-01-05T09:59:59Z";
    },
    hint: /deliver/,
  },
  {
    given: "a folder that others may read",
    check: "secrets",
    arrange: () => {
      chmodSync(world.folder, 0o755);
    },
    hint: /^take it from them: chmod go-rwx /,
  },
  {
    given: "a key's file that others may read",
    check: "secrets",
    arrange: () => {
      const path = join(world.folder, "key");
      writeFileSync(path, fakeKey(installation), { mode: 0o644 });
      return { TELEMETRY_HMAC_KEY: "", TELEMETRY_HMAC_KEY_FILE: path };
    },
    hint: /chmod go-rwx .*\/key/,
  },
  {
    given: "reports that cannot be delivered",
    check: "delivery",
    arrange: async () => {
      world.collector.interfere = ({ path }) => (path === "/ingest" ? { status: 503 } : undefined);
      world.clock.pass(60);
      world.agent.sealNow();
      await world.agent.deliverNow();
    },
    hint: /nothing is lost/,
  },
  {
    given: "an agent that has sealed its final report",
    check: "agent",
    arrange: async () => {
      await world.agent.retire();
    },
    hint: /start it again/,
  },
  {
    given: "a declared source that was never heard",
    check: "sources",
    state: "warning",
    arrange: () => {},
    hint: /name it as the source/,
  },
  {
    given: "a declared source that is silent for an hour",
    check: "sources",
    arrange: async () => {
      await send(world.agent, { meter: "tokens", quantity: 1, source: "product" });
      world.clock.pass(3600);
      world.collector.fallbackAt = null;
    },
    hint: /take it out of the meter file/,
  },
  {
    given: "a page of metrics that cannot be read",
    check: "ways",
    arrange: () =>
      withWays({
        scrape: [{ source: "product", url: new URL("http://127.0.0.1:9/m"), everySeconds: 30 }],
      }),
    hint: /curl/,
  },
  {
    given: "lines of StatsD that nobody declared",
    check: "ways",
    state: "warning",
    arrange: async () => {
      const place = { kind: "udp", host: "127.0.0.1", port: 0 } as const;
      const changes = await withWays({
        statsd: { places: [place], sampling: "refuse", source: null },
      });
      const port = Number(world.agent.status().ways.statsd?.listening[0]?.split(":").at(-1));
      const socket = createSocket("udp4");
      socket.send("stray:1|c", port, "127.0.0.1", () => socket.close());
      await vi.waitFor(() => expect(world.agent.status().ways.statsd?.packets).toBe(1));
      return changes;
    },
    hint: /`names` in the ways file/,
  },
  {
    given: "an agent of another installation",
    check: "agent",
    arrange: () => {
      const key = fakeKey("other-prod");
      return { TELEMETRY_HMAC_KEY: key };
    },
    hint: /SUBMETER_AGENT_LISTEN/,
  },
];

/** The agent again, with other ways in; each of them has been asked once. */
async function withWays(ways: Partial<Ways>): Promise<Record<string, string>> {
  const agent = await world.restart({ ways });
  agent.beat();
  const isAsked = (): boolean =>
    agent.status().ways.scrape.every(({ problem, read_at: at }) => problem !== null || at !== null);
  await vi.waitFor(() => expect(isAsked()).toBe(true));
  return { SUBMETER_AGENT_LISTEN: new URL(agent.url).host };
}

describe("the doctor finds", () => {
  it.each(cases)("$given", async ({ check, state = "fault", arrange, hint }) => {
    const changes = (await arrange()) ?? {};
    const { code, findings } = await examined(changes);
    const finding = findingOf(findings, check);
    expect(finding).toMatchObject({ state });
    expect(finding?.hint).toMatch(hint);
    expect(code).toBe(state === "fault" ? 1 : 0);
  });

  it.each([
    { free: 1_000_000, state: "fault" },
    { free: 500_000_000, state: "warning" },
    { free: 5_000_000_000, state: "well" },
    { free: null, state: "skipped" },
  ])("$free bytes free: $state", ({ free, state }) => {
    expect(checkDisk(world.folder, () => free)).toMatchObject({ check: "disk", state });
  });

  it("a folder that is not there yet, as one that can be made", async () => {
    await world.agent.close();
    const missing = join(world.folder, "not", "there");
    mkdirSync(join(world.folder, "not"));
    const { code, findings } = await examined({ SUBMETER_AGENT_STATE: missing });
    expect(code).toBe(0);
    expect(findingOf(findings, "state")?.detail).toBe(
      `${missing} is not there yet, and can be made`,
    );
  });
});

it("air-gapped, the doctor asks nobody outside", async () => {
  await world.agent.close();
  const asked = world.collector.asked.length;
  const { code, states } = await examined({ SUBMETER_AIR_GAPPED: "true" });
  expect(code).toBe(0);
  expect(states).toMatchObject({ collector: "skipped", key: "skipped", clock: "skipped" });
  expect(world.collector.asked).toHaveLength(asked);
});
