/** Billing rules, case 27: a cluster that was shut down over the holidays, attested in advance or within ten days. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decideShutdown } from "../fleet/shutdowns.ts";
import { listShutdowns } from "../store/shutdowns.ts";
import {
  agree,
  closes,
  contractOf,
  corrections,
  enrol,
  freshLife,
  type JournalOf,
  type Life,
  newJournal,
  owner,
  report,
} from "./contract-life.fixture.ts";
import { markFleetChange } from "./mark-changes.ts";
import { runDueWork } from "./scheduled.ts";

const holidays = {
  from: "2025-12-22T00:00:00Z",
  until: "2026-01-02T06:00:00Z",
  reason: "the plant is closed over the holidays",
  by: "M. Keller",
};
const december = { from: "2025-12-01T00:00:00Z", to: "2025-12-22T00:00:00Z", requests: 150_000 };
/** Grace is over. */
const close = "2026-01-02T00:00:00Z";
const measured = {
  state: "closed",
  basis: "measured",
  total: "1500.00",
  hours: "counted 504 · excused 240 · uncounted 0 · overdue 0 of 744 installation-hours",
};
const fallback = {
  state: "closed",
  basis: "fallback",
  total: "1822.58",
  hours: "counted 504 · excused 0 · uncounted 0 · overdue 240 of 744 installation-hours",
};

let life: Life;
let journal: JournalOf;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
  const term = { from: "2025-12-01T00:00:00Z", to: null };
  await agree(life, contractOf("acme", { term, fallback: "share" }));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  journal = newJournal("acme-eu");
});
afterEach(async () => {
  await life.close();
});

const all = () =>
  listShutdowns(
    life.database,
    { installation: "acme-eu", status: null },
    { after: null, limit: 10 },
  );

async function decide(status: "accepted" | "rejected", reason = "agreed by telephone") {
  const [newest] = await all();
  if (newest === undefined) throw new Error("nothing was attested");
  await decideShutdown(
    {
      ...life.context,
      onChange: (db, change) => markFleetChange(db, change, life.context.clock.now()),
    },
    owner,
    { installation: "acme-eu", id: newest.id },
    { status, reason },
  );
}

async function attestedInAdvance(): Promise<void> {
  life.moveTo("2025-12-22T00:00:00Z");
  await report(life, journal, { ...december, shutdowns: [holidays] });
}

describe("a shutdown that the customer attested", () => {
  it("excuses its hours once the operator has accepted it: December closes measured, on time", async () => {
    await attestedInAdvance();
    await decide("accepted");
    life.moveTo(close);
    expect(await closes(life, "acme")).toMatchObject(measured);
  });

  it("excuses nothing by itself, and corrects the invoice when it is accepted after the close", async () => {
    await attestedInAdvance();
    life.moveTo(close);
    expect(await closes(life, "acme")).toMatchObject(fallback);
    await decide("accepted");
    expect(await runDueWork(life.context)).toMatchObject({ corrected: 1, failed: 0 });
    expect(await corrections(life, "acme")).toMatchObject([["-322.58", expect.any(String)]]);
  });

  it("may be attested within ten days after the fact, by the report of its return", async () => {
    life.moveTo("2025-12-22T00:00:00Z");
    await report(life, journal, december);
    life.moveTo(close);
    expect(await closes(life, "acme")).toMatchObject(fallback);
    life.moveTo("2026-01-02T08:00:00Z");
    await report(life, journal, {
      from: "2026-01-02T06:00:00Z",
      to: "2026-01-02T08:00:00Z",
      requests: 0,
      shutdowns: [holidays],
    });
    await runDueWork(life.context);
    // The hours have become uncounted, by the agent's own word, and cost the same until somebody accepts.
    expect(await corrections(life, "acme")).toEqual([]);
    await decide("accepted");
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toMatchObject([["-322.58", expect.any(String)]]);
  });

  it("leaves its hours what they are when it is rejected, and a mistake has a way back", async () => {
    await attestedInAdvance();
    await decide("rejected", "the product was in use");
    life.moveTo(close);
    expect(await closes(life, "acme")).toMatchObject(fallback);
    await decide("accepted", "it was not, after all");
    await runDueWork(life.context);
    await decide("rejected", "another look at the logs");
    await runDueWork(life.context);
    expect((await corrections(life, "acme")).map(([amount]) => amount)).toEqual([
      "-322.58",
      "322.58",
    ]);
    await expect(decide("rejected")).rejects.toMatchObject({ code: "shutdown_decided" });
  });

  it("is recorded with both names, what was attested, and why it was accepted", async () => {
    await attestedInAdvance();
    await decide("accepted");
    const entries = await life.database.query(
      `select who, action, subject, reason, before::jsonb, after::jsonb from audit_log where action like 'shutdown.%'`,
    );
    expect(entries).toEqual([
      {
        who: "test",
        action: "shutdown.accepted",
        subject: expect.stringMatching(/^shutdown:acme-eu\/\d+$/),
        reason: "agreed by telephone",
        before: { status: "waiting" },
        after: {
          status: "accepted",
          from: holidays.from,
          until: holidays.until,
          attested_by: "M. Keller",
          attested_at: "2025-12-22T00:00:00Z",
          attested_reason: holidays.reason,
        },
      },
    ]);
  });

  it("that ended early excuses the whole of it until the operator has accepted the shorter one", async () => {
    await attestedInAdvance();
    await decide("accepted");
    life.moveTo("2025-12-27T00:00:00Z");
    await report(life, journal, {
      from: "2025-12-26T00:00:00Z",
      to: "2025-12-27T00:00:00Z",
      requests: 0,
      shutdowns: [{ ...holidays, until: "2025-12-26T00:00:00Z" }],
    });
    expect((await all()).map(({ status }) => status)).toEqual(["waiting", "accepted"]);
    await decide("accepted");
    expect((await all()).map(({ status }) => status)).toEqual(["accepted", "replaced"]);
    life.moveTo(close);
    // 22 to 26 December is excused, the 26th is counted, and from the 27th on nothing was heard.
    expect(await closes(life, "acme")).toMatchObject({
      hours: "counted 528 · excused 96 · uncounted 0 · overdue 120 of 744 installation-hours",
    });
  });

  it("is what the journal said last of one beginning, in whatever order its reports arrive", async () => {
    life.moveTo("2025-12-22T00:00:00Z");
    const of = (sequence: number, until: string) =>
      report(life, journal, {
        ...december,
        to: december.from,
        requests: 0,
        sequence,
        shutdowns: [{ ...holidays, until }],
      });
    await of(1, "2026-01-02T06:00:00Z");
    await of(3, "2025-12-26T00:00:00Z");
    await of(2, "2026-01-03T06:00:00Z");
    const found = await all();
    expect(
      found
        .toSorted((a, b) => a.sequence - b.sequence)
        .map(({ sequence, status }) => [sequence, status]),
    ).toEqual([
      [1, "replaced"],
      [2, "replaced"],
      [3, "waiting"],
    ]);
    const [first] = found.filter(({ sequence }) => sequence === 1);
    await expect(
      decideShutdown(
        { ...life.context, onChange: async () => {} },
        owner,
        { installation: "acme-eu", id: first?.id ?? 0 },
        { status: "accepted", reason: "too late" },
      ),
    ).rejects.toMatchObject({ code: "shutdown_replaced" });
  });
});
