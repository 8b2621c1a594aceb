/** `history`: what was counted, covered and received, from the sealed bytes. */

import { cpSync } from "node:fs";
import { join } from "node:path";
import { history, type HistoryOptions, type HistoryRow } from "@submeter/agent/commands/history";
import { verify } from "@submeter/agent/commands/verify";
import { openArchive } from "@submeter/agent/commands/open-archive";
import { parseInstant } from "@submeter/shared/time/instant";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { local, spoken } from "./spoken.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(async () => {
  await world.end();
});

async function hourWith(events: unknown): Promise<void> {
  await send(world.agent, events);
  world.clock.pass(3600);
  world.agent.sealNow();
  await world.agent.deliverNow();
}

const tokens = (quantity: number) => ({ meter: "tokens", quantity });

async function told(options: Partial<HistoryOptions> = {}) {
  const archive = await openArchive(local(world.agent), join(world.folder, "journal.sqlite"));
  const all: HistoryOptions = {
    from: parseInstant("2026-01-05T00:00:00Z"),
    to: parseInstant("2026-02-05T00:00:00Z"),
    by: "day",
    json: false,
    ...options,
  };
  return spoken((io) => history(archive, all, io));
}

async function rows(options: Partial<HistoryOptions> = {}): Promise<HistoryRow[]> {
  const { text } = await told({ ...options, json: true });
  return (JSON.parse(text) as { rows: HistoryRow[] }).rows;
}

describe("the history", () => {
  it("adds up by day, with what was covered and received, and names the gaps", async () => {
    await hourWith([tokens(1), { meter: "seats", quantity: 7 }]);
    await hourWith([tokens(2), { meter: "seats", quantity: 5 }]);
    await world.agent.close();
    world.clock.pass(6 * 3600);
    await world.restart();
    world.collector.interfere = () => ({ status: 503 });
    await hourWith(tokens(4));
    for (const running of [true, false]) {
      if (!running) await world.agent.close();
      const { text } = await told();
      expect(text).toBe(
        [
          "  Day (UTC)   Covered  Reports  Received  seats (seat)  tokens (token)",
          "  2026-01-05      3 h        3         2             7               7",
          "",
          "1 gap in which nothing was counted:",
          "  2026-01-05 12:00:00 UTC to 2026-01-05 18:00:00 UTC: 6 h",
          "Not sealed yet: submeter-agent preview. Is all of it genuine? submeter-agent verify",
          "",
        ].join("\n"),
      );
    }
  });

  it("goes by the hour in which it was used, however late it was sealed", async () => {
    await hourWith(tokens(1));
    await hourWith([tokens(2), { ...tokens(10), time: "2026-01-05T10:30:00Z" }]);
    const byHour = await rows({ by: "hour" });
    expect(
      byHour.map(({ from, counts }) => [from, counts.map(({ quantity }) => quantity)]),
    ).toEqual([
      ["2026-01-05T10:00:00Z", ["11"]],
      ["2026-01-05T11:00:00Z", ["2"]],
      ["2026-01-05T12:00:00Z", []],
    ]);
  });

  it("is cut to the time that was asked for", async () => {
    for (let hour = 0; hour < 30; hour += 1) await hourWith(tokens(1));
    const of = {
      from: parseInstant("2026-01-06T00:00:00Z"),
      to: parseInstant("2026-01-06T12:00:00Z"),
    };
    expect(await rows(of)).toMatchObject([
      { from: "2026-01-06T00:00:00Z", counts: [{ meter: "tokens", quantity: "16" }] },
    ]);
    expect((await told({ from: of.to + 86_400, to: of.to + 90_000 })).text).toBe(
      "Nothing was sealed in this time.\n",
    );
  });

  it("lets go of what is older than 13 months slice by slice, and intake answers in between", async () => {
    for (let hour = 0; hour < 40; hour += 1) await hourWith(tokens(1));
    world.clock.pass(398 * 86_400);
    const all = { from: 0, to: world.clock.now() + 86_400 };
    const kept = async () =>
      (await rows(all)).map(({ reports }) => reports).reduce((a, b) => a + b, 0);
    // A clock of our own that is a year ahead is no reason: the collector has signed nothing so late.
    world.agent.beat();
    expect(await kept()).toBe(41);
    await hourWith(tokens(1));
    const counts: number[] = [];
    for (let beat = 0; beat < 4; beat += 1) {
      world.agent.beat();
      expect(await send(world.agent, tokens(1))).toMatchObject({ status: 204 });
      counts.push(await kept());
    }
    expect(counts).toEqual([26, 10, 2, 2]);
    const archive = await openArchive(local(world.agent), "");
    const sources = { archive, others: [], key: null };
    const verified = await spoken((io) => verify(sources, { json: false }, io));
    expect(verified.code).toBe(0);
    expect(verified.text).toContain("40 older ones let go of after 13 months");
  });

  it("counts once what was sealed again in another journal after a conflict", async () => {
    const backup = temporaryFolder();
    await hourWith(tokens(1));
    await world.agent.close();
    cpSync(world.folder, backup.path, { recursive: true });
    await world.restart();
    await hourWith(tokens(10));
    await world.restart({ folder: backup.path });
    await hourWith(tokens(100));
    const archive = await openArchive(local(world.agent), "");
    const { text } = await spoken((io) =>
      history(archive, { from: 0, to: world.clock.now(), by: "day", json: true }, io),
    );
    const { rows: found, gaps } = JSON.parse(text) as { rows: HistoryRow[]; gaps: unknown[] };
    expect(found).toMatchObject([{ counts: [{ quantity: "101" }] }]);
    expect(gaps).toEqual([{ from: "2026-01-05T11:00:00Z", to: "2026-01-05T12:00:00Z" }]);
    backup.remove();
  });
});
