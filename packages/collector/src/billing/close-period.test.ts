/** Which period closes when, and what it is closed with. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../store/database.ts";
import { findInvoice } from "../store/invoices.ts";
import { closeNextPeriod } from "./close-period.ts";
import { closeRows } from "./close-status.ts";
import {
  addCustomer,
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
import { setContract } from "./contracts.ts";
import { markTouchedPeriods } from "./mark-changes.ts";
import { previewInvoice } from "./preview-invoice.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2026-01-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

async function installed(customer = "acme"): Promise<JournalOf> {
  await enrol(life, `${customer}-eu`, customer, "2026-01-01T00:00:00Z");
  return newJournal(`${customer}-eu`);
}

const january = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", requests: 250_000 };

describe("a period", () => {
  it("closes when every hour is counted and the grace is over, not a second before", async () => {
    await agree(life, contractOf("acme"));
    const journal = await installed();
    life.moveTo("2026-02-01T00:00:01Z");
    await report(life, journal, january);
    life.moveTo("2026-02-01T23:59:59Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ invoice: "inv_acme_20260101T00_1" });
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
  });

  it("is closed once although several ask for it at the same time", async () => {
    await agree(life, contractOf("acme"));
    await report(life, await installed(), january);
    life.moveTo("2026-02-02T00:00:00Z");
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => closes(life, "acme")));
    expect(outcomes.filter(({ state }) => state === "closed")).toHaveLength(1);
  });

  it("of N days follows its anchor, and several close one after the other after a long pause", async () => {
    await agree(
      life,
      contractOf("acme", {
        cycle: { every: "days", days: 7, anchor: "2026-01-05T00:00:00Z" },
        minimum: undefined,
        fallback: undefined,
      }),
    );
    await report(life, await installed(), { ...january, requests: 744_000 });
    life.moveTo("2026-02-03T12:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 4 });
    const rows = await life.database.query<{ total_minor: bigint }>(
      "select total_minor from invoices order by period_from",
    );
    // 4 days to the anchor, then whole weeks, at 1,000 requests an hour.
    expect(rows.map((row) => row.total_minor)).toEqual([96_000n, 168_000n, 168_000n, 168_000n]);
  });

  it("that begins with the first usage is there once something was used", async () => {
    await agree(
      life,
      contractOf("acme", {
        cycle: { every: "days", days: 7, anchor: "first_usage" },
        minimum: undefined,
        fallback: undefined,
      }),
    );
    const journal = await installed();
    life.moveTo("2026-01-09T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 0, failed: 0 });
    await report(life, journal, {
      from: "2026-01-03T10:20:00Z",
      to: "2026-01-12T00:00:00Z",
      requests: 9000,
    });
    life.moveTo("2026-01-11T10:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 1 });
    expect(await findInvoice(life.database, "inv_acme_20260103T10_1")).not.toBeNull();
  });

  it("with usage that no price matches closes only by a person's word", async () => {
    await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
    await report(life, await installed(), january);
    await life.database.query(
      `insert into usage_windows (installation_id, journal, window_start, lines)
       values ('acme-eu', gen_random_uuid(), '2026-01-10T00:00:00Z', array['5 tokens {}'])`,
    );
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    const [row] = await closeRows(life.context, "acme");
    expect(row).toMatchObject({ state: "waiting", why: [expect.stringContaining("tokens")] });
    const outcome = await closeNextPeriod(life.context, "acme", { acceptUnpriced: true });
    expect(outcome.kind).toBe("closed");
  });

  it("after the term goes on at the same prices without the minimum", async () => {
    await agree(
      life,
      contractOf("acme", { term: { from: "2026-01-01T00:00:00Z", to: "2026-01-16T00:00:00Z" } }),
    );
    await report(life, await installed(), { ...january, requests: 7440 });
    life.moveTo("2026-02-02T00:00:00Z");
    // 15 of 31 days: 483.87 of the minimum of 1,000.00, above the 36.00 that were used.
    expect(await closes(life, "acme")).toMatchObject({ total: "483.87" });
    expect(await closes(life, "acme")).toMatchObject({ total: "38.40" });
  });

  it("after a term that stops there is none: usage is stored and not billed", async () => {
    await agree(
      life,
      contractOf("acme", {
        term: { from: "2026-01-01T00:00:00Z", to: "2026-01-16T00:00:00Z" },
        after_term: "stop",
      }),
    );
    await report(life, await installed(), { ...january, requests: 7440 });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ total: "483.87" });
    expect(await closes(life, "acme")).toEqual({ state: "nothing" });
  });

  it("14: before the contract is not looked at, neither its usage nor its silence", async () => {
    await agree(life, contractOf("acme", { term: { from: "2026-01-15T00:00:00Z", to: null } }));
    const journal = await installed();
    life.moveTo("2026-01-10T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-03T00:00:00Z",
      to: "2026-01-10T00:00:00Z",
      requests: 500_000,
    });
    life.moveTo("2026-02-02T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-15T00:00:00Z",
      to: "2026-02-02T00:00:00Z",
      requests: 100,
    });
    expect(await closes(life, "acme")).toMatchObject({
      basis: "measured",
      total: "548.39",
      hours: "counted 408 · excused 0 · uncounted 0 · overdue 0 of 408 installation-hours",
    });
  });

  it("33: of an installation that was sold belongs to each customer up to and from that hour", async () => {
    const free = { minimum: undefined, fallback: undefined };
    await agree(life, contractOf("acme", free));
    await addCustomer(life, "beta");
    const beta = contractOf("beta", free);
    await setContract(life.context, owner, beta, { id: "beta", effective: null, dryRun: false });
    const journal = await installed();
    await life.database.query(
      "update assignments set to_at = '2026-01-15T00:00:00Z' where installation_id = 'acme-eu'",
    );
    await life.database.query(
      "insert into assignments (installation_id, subject, customer_id, from_at) values ('acme-eu', '', 'beta', '2026-01-15T00:00:00Z')",
    );
    await report(life, journal, { ...january, requests: 744_000 });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ total: "3360.00", basis: "measured" });
    expect(await closes(life, "beta")).toMatchObject({ total: "4080.00", basis: "measured" });
  });

  it("of an installation that serves many is split by subject; without one it is the installation's own", async () => {
    const free = { minimum: undefined, fallback: undefined };
    await agree(life, contractOf("acme", free));
    await addCustomer(life, "beta");
    const beta = contractOf("beta", free);
    await setContract(life.context, owner, beta, { id: "beta", effective: null, dryRun: false });
    const journal = await installed();
    await life.database.query("update installations set subject_routing = true");
    await life.database.query(
      "insert into assignments (installation_id, subject, customer_id, from_at) values ('acme-eu', 'b', 'beta', '2026-01-01T00:00:00Z')",
    );
    await report(life, journal, january);
    await life.database.query(
      `update usage_windows set
         lines = lines || array['1234 requests {"subject":"b"}', '77 requests {"subject":"unknown"}']
        where journal = $1 and window_start = '2026-01-10T00:00:00Z'`,
      [journal.journal],
    );
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ total: "2500.00" });
    expect(await closes(life, "beta")).toMatchObject({ total: "12.34" });
  });
});

describe("what is recorded while a period is being closed", () => {
  it("is late by definition, and not lost although it was marked before the period was there", async () => {
    await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
    const journal = await installed();
    await report(life, journal, january);
    life.moveTo("2026-02-02T00:00:00Z");
    const { database } = life;
    const late = async () => {
      await report(life, journal, {
        from: "2026-02-01T00:00:00Z",
        to: "2026-02-01T01:00:00Z",
        requests: 1000,
        windows: { from: "2026-01-31T23:00:00Z", to: "2026-02-01T00:00:00Z" },
      });
      await database.transaction((db) => markTouchedPeriods(db, life.context.clock.now()));
    };
    const context = { ...life.context, database: committingAfter(database, late) };
    expect(await closeNextPeriod(context, "acme", { acceptUnpriced: false })).toMatchObject({
      kind: "closed",
    });
    const [booked] = await database.query<{ total_minor: bigint }>(
      "select total_minor from invoices",
    );
    expect(booked?.total_minor).toBe(250_000n);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["10.00", "ready"]]);
  });
});

describe("close status", () => {
  it("says what a period waits for, whose, and until when", async () => {
    await agree(life, contractOf("acme"));
    const journal = { installation: "acme-eu", journal: "abcdef12-0000-4000-8000-000000000000" };
    await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
    await report(life, journal, { ...january, to: "2026-01-31T00:00:00Z" });
    life.moveTo("2026-02-02T06:00:00Z");
    expect(await closeRows(life.context, null)).toMatchObject([
      {
        customer: "acme",
        state: "waiting",
        why: [
          "24 hours of journal abcdef12 of acme-eu: overdue after 2026-02-03T00:00:00Z, when 72 h of silence are full",
        ],
        hours: { expected: 744, counted: 720, pending: 24 },
      },
    ]);
  });
});

describe("a preview", () => {
  it("is what is known so far, and books nothing", async () => {
    await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
    await report(life, await installed(), {
      ...january,
      to: "2026-01-11T00:00:00Z",
      requests: 1000,
    });
    life.moveTo("2026-01-11T00:00:00Z");
    expect(await previewInvoice(life.context, { customer: "acme", at: null })).toMatchObject({
      basis: "open",
      total: "10.00",
    });
    expect(await life.database.query("select 1 from statements")).toEqual([]);
  });
});

describe("one contract's error", () => {
  it("does not stop the others", async () => {
    await agree(life, contractOf("acme"));
    await addCustomer(life, "beta");
    const beta = contractOf("beta");
    await setContract(life.context, owner, beta, { id: "beta", effective: null, dryRun: false });
    await enrol(life, "beta-eu", "beta", "2026-01-01T00:00:00Z");
    await report(life, newJournal("beta-eu"), january);
    await report(life, await installed(), january);
    await life.database.query(
      "update usage_windows set lines = array['1 requests no json'] where installation_id = 'acme-eu'",
    );
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 1, failed: 1 });
  });
});

/** Runs something on another connection after a transaction's last statement and before its commit, once. */
function committingAfter(database: Database, meanwhile: () => Promise<void>): Database {
  let once = false;
  return {
    ...database,
    transaction: (run, options) =>
      database.transaction(async (db) => {
        const result = await run(db);
        if (!once) await meanwhile();
        once = true;
        return result;
      }, options),
  };
}
