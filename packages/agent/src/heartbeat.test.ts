import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { Heartbeat, type HeartbeatParts, openLinesMax } from "./heartbeat.ts";

/** Parts of which every one fails with the error that its name has here. */
function failing(faults: Readonly<Record<string, string>>) {
  const clock = { passedMs: 0, now: () => 1_000_000, nowMs: () => 1_000_000_000 };
  const windows = { size: 0 };
  const done: string[] = [];
  const errors: string[] = [];
  const act = (name: string) => {
    done.push(name);
    const code = faults[name];
    if (code !== undefined) throw new Database.SqliteError(name, code);
  };
  const parts = {
    installation: "acme-prod",
    intervalSeconds: 3600,
    clock: { ...clock, monotonicMs: () => clock.passedMs },
    journal: {
      // Long ago: a seal is due.
      reports: { lastSealedAt: () => 0 },
      pruning: { isDue: () => false },
      write: () => {
        act("tidy");
      },
    },
    windows,
    groupCommit: {
      refusing: null,
      durableMs: null,
      commitNow: () => {
        act("tick");
      },
    },
    eventIds: { droppable: () => [1], dropped: () => {} },
    streams: { dropped: () => {} },
    knowledge: { signedAt: null },
    sealer: {
      identity: { final: false },
      seal: () => {
        act("seal");
        return [];
      },
    },
    delivery: {
      poll: () => {
        act("deliver");
      },
    },
    headroom: {
      state: "kept",
      keep: () => {
        act("headroom");
      },
    },
    onError: (error: unknown) => {
      errors.push((error as Error).message);
    },
  } as unknown as HeartbeatParts;
  return { clock, windows, done, errors, heartbeat: new Heartbeat(parts) };
}

describe("the heartbeat", () => {
  it("delivers although everything else fails, and tries what failed again only after a while", () => {
    const full = "SQLITE_FULL";
    const { clock, done, errors, heartbeat } = failing({
      headroom: full,
      seal: full,
      tick: full,
      tidy: full,
    });
    heartbeat.beat();
    expect(done).toEqual(["headroom", "seal", "tick", "tidy", "deliver"]);
    expect(errors).toEqual(["headroom", "seal", "tick", "tidy"]);
    clock.passedMs = 1000;
    heartbeat.beat();
    expect(done.slice(5)).toEqual(["deliver"]);
    clock.passedMs = 30_000;
    heartbeat.beat();
    expect(done.slice(6)).toEqual(["headroom", "seal", "tick", "tidy", "deliver"]);
  });

  it("seals before its time what would outgrow the memory", () => {
    const { windows, done, heartbeat } = failing({});
    heartbeat.beat();
    const seals = () => done.filter((name) => name === "seal").length;
    expect(seals()).toBe(1);
    windows.size = openLinesMax - 1;
    heartbeat.beat();
    expect(seals()).toBe(1);
    windows.size = openLinesMax;
    heartbeat.beat();
    expect(seals()).toBe(2);
  });

  it("keeps a step that failed from holding up the others", () => {
    const { clock, done, heartbeat } = failing({ tidy: "SQLITE_IOERR" });
    heartbeat.beat();
    clock.passedMs = 1000;
    heartbeat.beat();
    expect(done.filter((name) => name === "tick")).toHaveLength(2);
    expect(done.filter((name) => name === "tidy")).toHaveLength(1);
  });
});
