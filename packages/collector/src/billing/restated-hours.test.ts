/** Late reports that change what hours of a closed period are, although they neither cover them nor count in them. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  agree,
  closes,
  contractOf,
  corrections,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";
import { markPeriods } from "../store/periods.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

async function acme(fallback: string): Promise<void> {
  await agree(life, contractOf("acme", { fallback }));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
}

/** The newest statement of each period: `[from, basis, total]`. */
async function statements(): Promise<string[][]> {
  const rows = await life.database.query<{ from: string; basis: string; total: string }>(
    `select distinct on (period_from) to_char(period_from at time zone 'UTC', 'YYYY-MM') as from, basis, total
     from statements order by period_from, number desc`,
  );
  return rows.map(({ from, basis, total }) => [from, basis, total]);
}

/** Nothing is left that computing every closed period again would change. */
async function expectNothingMissed(): Promise<void> {
  const found = await statements();
  await markPeriods(life.database, {
    contract: "acme",
    scopes: ["period"],
    from: 0,
    to: null,
    reason: "asked for by the test",
    at: life.context.clock.now(),
  });
  expect(await runDueWork(life.context)).toMatchObject({ corrected: 0, failed: 0 });
  expect(await statements()).toEqual(found);
}

describe("a closed period is computed again", () => {
  it("when its silent journal returns with later coverage: what it stepped over cannot come any more", async () => {
    await acme("share");
    const journal = newJournal("acme-eu");
    life.moveTo("2026-01-30T00:00:01Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-30T00:00:00Z",
      requests: 250_000,
    });
    life.moveTo("2026-02-02T00:00:01Z");
    expect(await closes(life, "acme")).toMatchObject({ basis: "fallback", total: "2564.52" });
    life.moveTo("2026-02-04T00:00:00Z");
    await report(life, journal, {
      from: "2026-02-03T12:00:00Z",
      to: "2026-02-04T00:00:00Z",
      requests: 1000,
    });
    await runDueWork(life.context);
    // 48 uncounted hours are within the 72 that are forgiven.
    expect(await statements()).toEqual([["2026-01", "measured_with_gaps", "2500.00"]]);
    expect(await corrections(life, "acme")).toEqual([["-64.52", "credited"]]);
    await expectNothingMissed();
  });

  it("when a closing report says late that its journal was not to be expected any more", async () => {
    await acme("share");
    const [closed, goesOn] = [newJournal("acme-eu"), newJournal("acme-eu")];
    life.moveTo("2026-02-02T00:00:00Z");
    const january = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    await report(life, goesOn, { ...january, requests: 200_000 });
    await report(life, closed, { ...january, requests: 50_000 });
    await closes(life, "acme");
    for (const [from, to, now] of [
      ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"],
      ["2026-03-01T00:00:00Z", "2026-04-02T00:00:00Z", "2026-04-02T00:00:00Z"],
    ] as const) {
      life.moveTo(now);
      await report(life, goesOn, { from, to, requests: 200_000 });
      expect(await closes(life, "acme")).toMatchObject({ basis: "fallback" });
    }
    await report(life, closed, {
      from: "2026-02-01T00:00:00Z",
      to: "2026-02-01T06:00:00Z",
      requests: 10,
      final: true,
    });
    await runDueWork(life.context);
    expect((await statements()).map(([from, basis]) => [from, basis])).toEqual([
      ["2026-01", "measured"],
      ["2026-02", "measured"],
      ["2026-03", "measured"],
    ]);
    await expectNothingMissed();
  });

  it("when a closing report covers nothing", async () => {
    await acme("share");
    const [closed, goesOn] = [newJournal("acme-eu"), newJournal("acme-eu")];
    const month = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    life.moveTo("2026-02-04T00:00:01Z");
    await report(life, goesOn, { ...month, requests: 200_000 });
    await report(life, closed, { ...month, to: "2026-01-20T00:00:00Z", requests: 50_000 });
    expect(await closes(life, "acme")).toMatchObject({ basis: "fallback" });
    const at = "2026-01-20T00:00:00Z";
    await report(life, closed, { from: at, to: at, sealedAt: at, requests: 0, final: true });
    await runDueWork(life.context);
    expect(await statements()).toEqual([["2026-01", "measured", "2500.00"]]);
    await expectNothingMissed();
  });

  it("when a successor's first coverage ends the time in which the lost journal is expected", async () => {
    await acme("share");
    const [lost, next] = [newJournal("acme-eu"), newJournal("acme-eu")];
    life.moveTo("2026-01-20T00:00:01Z");
    await report(life, lost, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-20T00:00:00Z",
      requests: 100_000,
    });
    for (const now of ["2026-02-02T00:00:00Z", "2026-03-02T00:00:00Z"]) {
      life.moveTo(now);
      expect(await closes(life, "acme")).toMatchObject({ basis: "fallback" });
    }
    await report(life, next, {
      from: "2026-01-20T00:00:00Z",
      to: "2026-01-25T00:00:00Z",
      requests: 1000,
      replaces: lost.journal,
    });
    await report(life, next, {
      from: "2026-03-01T00:00:00Z",
      to: "2026-03-02T00:00:00Z",
      requests: 1000,
    });
    await runDueWork(life.context);
    await expectNothingMissed();
  });

  it("when late counts change the history that its estimate rests on", async () => {
    await acme("estimate");
    const journal = newJournal("acme-eu");
    life.moveTo("2026-02-10T00:00:01Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-02-10T00:00:00Z",
      requests: 96_000,
    });
    expect(await closes(life, "acme")).toMatchObject({ basis: "measured" });
    life.moveTo("2026-03-03T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ basis: "fallback" });
    const before = await statements();
    const at = "2026-02-10T00:00:00Z";
    // Only counts of January: no hour changes.
    await report(life, journal, {
      from: at,
      to: at,
      requests: 200_000,
      windows: { from: "2026-01-20T00:00:00Z", to: "2026-01-31T00:00:00Z" },
    });
    expect(await runDueWork(life.context)).toMatchObject({ corrected: 2 });
    expect((await statements())[1]?.[2]).not.toBe(before[1]?.[2]);
    await expectNothingMissed();
  });
});
