import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInstant } from "@submeter/shared/time/instant";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import { type Journal, openJournal } from "./journal/journal.ts";
import type { ReportState } from "./journal/reports-table.ts";
import { HistoryPruning, historySeconds, prunedAtOnceMax } from "./prune-history.ts";

const now = parseInstant("2026-06-01T00:00:00Z");
const old = now - historySeconds - 1;
const name = "00000000-0000-4000-8000-000000000001";

let folder: string;
let journal: Journal;
let clock: { now: () => number; nowMs: () => number; monotonicMs: () => number };
let wall: number;
let monotonicMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "submeter-pruning-"));
  journal = openJournal(join(folder, "journal.sqlite"));
  journal.journals.add({ journal: name, replaces: null, seed: new Uint8Array(32), madeAt: 0 }, []);
  wall = now;
  monotonicMs = 0;
  clock = { now: () => wall, nowMs: () => wall * 1000, monotonicMs: () => monotonicMs };
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

function seal(count: number, sealedAt: number, state: ReportState = "delivered"): void {
  const identity = journal.journals.current();
  if (identity === null) throw new Error("no journal");
  for (let n = 1; n <= count; n += 1) {
    const sequence = identity.lastSequence + n;
    const digest = String(sequence).padStart(64, "0");
    const body = new Uint8Array(3000);
    journal.reports.add({ journal: name, sequence, sealedAt, digest, body, proof: null }, false);
    journal.reports.mark({ journal: name, sequence }, state, state === "delivered");
    if (state !== "waiting") addReceipt(sequence);
  }
  const lastSequence = identity.lastSequence + count;
  journal.journals.advance({ ...identity, lastSequence, lastDigest: "" });
}

function addReceipt(sequence: number): void {
  const member = { label: "proof", input: "", signature: "" } as const;
  journal.reports.addReceipt({
    journal: name,
    sequence,
    outcome: "accepted",
    code: null,
    recordedAt: old,
    receivedAt: old,
    body: new Uint8Array(500),
    sub: member,
    proof: member,
  });
}

/** `signed`: what the collector last signed. */
function pruning(signed: number | null): HistoryPruning {
  const knowledge = new CollectorKnowledge(journal.knowledge);
  if (signed !== null) journal.write(() => knowledge.takeSigned(signed));
  return new HistoryPruning({ journal, knowledge, clock });
}

const sequences = () => journal.archive.page(name, 0, 0).map(({ sequence }) => sequence);
const left = () => sequences().length;

describe("the history", () => {
  it("lets go of what is older than 13 months, with its receipts, a few reports at a time", () => {
    seal(prunedAtOnceMax * 2 + 3, old);
    seal(2, now - historySeconds);
    const pruner = pruning(now);
    const after: number[] = [];
    for (let beat = 0; beat < 4; beat += 1) {
      pruner.poll();
      after.push(left());
    }
    expect(after).toEqual([prunedAtOnceMax + 5, 5, 2, 2]);
    expect(journal.archive.page(name, 0, 0).map(({ receipts }) => receipts.length)).toEqual([1, 1]);
    expect(journal.archive.journals()).toMatchObject([
      {
        prunedThrough: prunedAtOnceMax * 2 + 3,
        prunedDigest: String(prunedAtOnceMax * 2 + 3).padStart(64, "0"),
      },
    ]);
  });

  it("looks again after an hour, not every second", () => {
    seal(1, old + 60);
    const pruner = pruning(now);
    pruner.poll();
    wall += 3600;
    journal.write(() => new CollectorKnowledge(journal.knowledge).takeSigned(wall));
    const later = pruning(wall);
    pruner.poll();
    expect(left()).toBe(1);
    later.poll();
    expect(left()).toBe(0);
  });

  it.each([
    { given: "our clock stands in 2099", wall: parseInstant("2099-01-01T00:00:00Z"), signed: now },
    {
      given: "the collector's did when it signed",
      wall: now,
      signed: parseInstant("2099-01-01T00:00:00Z"),
    },
    { given: "no collector has ever signed anything", wall: now, signed: null },
  ])("keeps what is not 13 months old by both clocks: $given", (given) => {
    seal(5, now - historySeconds);
    wall = given.wall;
    pruning(given.signed).poll();
    expect(left()).toBe(5);
  });

  it.each(["waiting", "parked"] as const)(
    "never lets go of what is %s, nor of what is chained behind it",
    (state) => {
      seal(3, old);
      seal(1, old, state);
      seal(3, old);
      const pruner = pruning(now);
      for (let beat = 0; beat < 5; beat += 1) pruner.poll();
      expect(sequences()).toEqual([4, 5, 6, 7]);
    },
  );

  it("asks a collector that was restored for nothing that is gone, and still offers what is there", () => {
    seal(3, old);
    seal(2, now);
    pruning(now).poll();
    expect(journal.reports.receiptedThrough(name)).toBe(5);
    expect(journal.reports.offerAgain(name, 0)).toBe(2);
  });
});
