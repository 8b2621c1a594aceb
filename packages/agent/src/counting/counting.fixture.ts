/** Group commit over a journal in memory, with a clock that the test moves and commits that it can fail. */

import Database from "better-sqlite3";
import type { MeterFile } from "@submeter/shared/metering/meter-file";
import type { Clock } from "@submeter/shared/time/clock";
import { decimal } from "@submeter/shared/numbers/decimal";
import { type Journal, openJournal } from "../journal/journal.ts";
import { EventIds } from "./event-ids.ts";
import type { Fact } from "./fact.ts";
import { GroupCommit } from "./group-commit.ts";
import { Heard } from "./heard.ts";
import { OpenWindows } from "./open-windows.ts";
import { Streams } from "./streams.ts";

export class TestClock implements Clock {
  wallMs = 1_000_000_000;
  passedMs = 0;
  now = (): number => Math.floor(this.wallMs / 1000);
  nowMs = (): number => this.wallMs;
  monotonicMs = (): number => this.passedMs;

  pass(seconds: number): void {
    this.wallMs += seconds * 1000;
    this.passedMs += seconds * 1000;
  }
}

export function countingWorld(
  options: {
    idsMax?: number;
    streamsMax?: number;
    delayMs?: number;
    meters?: MeterFile["meters"];
  } = {},
) {
  const clock = new TestClock();
  const journal = openJournal(":memory:");
  const windows = new OpenWindows([], options.meters ?? new Map());
  const eventIds = new EventIds(journal.eventIds, 0, options.idsMax);
  const streams = new Streams(journal.streams, options.streamsMax);
  const faults: string[] = [];
  /** SQLite's error code for the next commits; null: they succeed. */
  const failing: { code: string | null } = { code: null };
  const headroom = { isThere: true };
  const flaky: Journal = {
    ...journal,
    write: (work) =>
      journal.write(() => {
        const result = work();
        if (failing.code !== null) throw new Database.SqliteError("injected", failing.code);
        return result;
      }),
  };
  const groupCommit = new GroupCommit({
    journal: flaky,
    windows,
    eventIds,
    streams,
    heard: new Heard([]),
    declaredSources: new Set(["product"]),
    delayMs: options.delayMs ?? 0,
    clock,
    hasHeadroom: () => headroom.isThere,
    onTakenUp: () => {},
    onFault: (fault) => faults.push(fault),
  });
  groupCommit.begin();
  return { clock, journal, windows, eventIds, streams, groupCommit, faults, failing, headroom };
}

export function fact(changes: Partial<Omit<Fact, "quantity">> & { quantity?: string } = {}): Fact {
  const { quantity = "1", ...rest } = changes;
  return {
    meter: "requests",
    aggregation: "sum",
    dimensions: "{}",
    window: 0,
    source: null,
    id: null,
    ...rest,
    quantity: decimal(quantity),
  };
}
