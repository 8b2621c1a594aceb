/** What comes after the close: corrections, and the way each takes. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import { findInvoice, type StoredInvoice } from "../store/invoices.ts";
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
  requestsPlan,
  retire,
} from "./contract-life.fixture.ts";
import { setContract } from "./contracts.ts";
import { endContract } from "./end-contract.ts";
import { decideCorrection } from "./decide-correction.ts";
import { textOf } from "./document-bytes.ts";
import { addPlan } from "./plans.ts";
import { replayInvoice } from "./replay-invoice.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;
let journal: JournalOf;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

/** January of the customer `acme`, silent from 29 January on, booked provisionally. */
async function provisionalJanuary(
  known: number,
  contract: Record<string, unknown> = {},
): Promise<void> {
  await agree(life, contractOf("acme", contract));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  journal = newJournal("acme-eu");
  life.moveTo("2026-01-29T00:00:01Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-01-29T00:00:00Z",
    requests: known,
  });
  life.moveTo("2026-02-02T00:00:00Z");
  expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "fallback" });
}

async function restOfJanuary(requests: number): Promise<void> {
  await report(life, journal, {
    from: "2026-01-29T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
    requests,
  });
}

async function documentOf(id: string): Promise<InvoiceDocument & { row: StoredInvoice }> {
  const row = await findInvoice(life.database, id);
  if (row === null) throw new Error(`no ${id}`);
  return { ...(JSON.parse(textOf(row.document)) as InvoiceDocument), row };
}

async function settledBy(periodFrom: string): Promise<string | null> {
  const rows = await life.database.query<{ settled_by: string | null }>(
    "select settled_by from periods where period_from = $1",
    [periodFrom],
  );
  return rows[0]?.settled_by ?? null;
}

describe("late data", () => {
  it("1: settles a provisional invoice without a line of 0.00", async () => {
    await provisionalJanuary(60_000);
    expect(await settledBy("2026-01-01T00:00:00Z")).toBeNull();
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(20_000);
    expect(await runDueWork(life.context)).toMatchObject({ corrected: 1, failed: 0 });
    expect(await corrections(life, "acme")).toEqual([]);
    expect(await settledBy("2026-01-01T00:00:00Z")).toBe("measured");
  });

  it("2b: is carried by the next invoice outside of its minimum, naming period and invoice", async () => {
    await provisionalJanuary(225_806);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["241.94", "ready"]]);
    life.moveTo("2026-03-02T00:00:00Z");
    await report(life, journal, {
      from: "2026-02-01T00:00:00Z",
      to: "2026-03-01T00:00:00Z",
      requests: 60_000,
    });
    await runDueWork(life.context);
    const february = await documentOf("inv_acme_20260201T00_1");
    expect(february).toMatchObject({
      statement_total: "1000.00",
      adjustments_total: "241.94",
      total: "1241.94",
    });
    expect(february.lines.at(-1)?.description).toBe(
      "Adjustment to the invoice of 2026-02-02, service period 2026-01-01 to 2026-02-01: requests",
    );
    expect(await corrections(life, "acme")).toEqual([["241.94", "invoiced"]]);
  });

  it("20: under the minimum charge is carried until more comes, and then goes along", async () => {
    await provisionalJanuary(225_806, { fallback: "estimate" });
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["0.01", "carried"]]);
    await report(life, journal, {
      from: "2026-02-01T00:00:00Z",
      to: "2026-02-01T01:00:00Z",
      requests: 100_000,
      windows: { from: "2026-01-31T00:00:00Z", to: "2026-01-31T01:00:00Z" },
    });
    life.moveTo("2026-02-04T00:00:00Z");
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([
      ["0.01", "ready"],
      ["1000.00", "ready"],
    ]);
  });

  it("that is held makes nothing new until it is decided, or excused after 14 days", async () => {
    await provisionalJanuary(225_806);
    life.moveTo("2026-02-03T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-29T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 24_194,
      outcome: "quarantined",
    });
    const untouched = { corrected: 0, waiting: 1, failed: 0 };
    expect(await runDueWork(life.context)).toMatchObject(untouched);
    life.moveTo("2026-02-16T23:59:59Z");
    expect(await runDueWork(life.context)).toMatchObject(untouched);
    life.moveTo("2026-02-17T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ corrected: 1, waiting: 0, failed: 0 });
    expect(await corrections(life, "acme")).toEqual([]);
    expect(await settledBy("2026-01-01T00:00:00Z")).toBe("measured");
  });

  it("leaves the booked invoice as it was, and its replay equal", async () => {
    await provisionalJanuary(225_806);
    const before = await documentOf("inv_acme_20260101T00_1");
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    await addPlan(life.context, owner, {
      ...requestsPlan,
      version: 2,
      lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.02" }],
    });
    await setContract(
      life.context,
      owner,
      contractOf("acme", { version: 2, plan: { id: "requests", version: 2 } }),
      { id: "acme", effective: null, dryRun: false },
    );
    await runDueWork(life.context);
    const after = await documentOf("inv_acme_20260101T00_1");
    expect(after.row.document).toEqual(before.row.document);
    expect(await replayInvoice(life.database, "inv_acme_20260101T00_1")).toMatchObject({
      result: "equal",
    });
    // January is ruled by the first version for good: 24,194 at the old price.
    expect(await corrections(life, "acme")).toEqual([["241.94", "ready"]]);
  });

  it("beyond settle_up_within is stored and shown, not billed; a provisional invoice is final by then", async () => {
    await provisionalJanuary(225_806, { settle_up_within_months: 1 });
    life.moveTo("2026-03-01T00:00:01Z");
    await runDueWork(life.context);
    expect(await settledBy("2026-01-01T00:00:00Z")).toBe("time");
    await restOfJanuary(24_194);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["241.94", "not_billed"]]);
  });

  it("waits for its backlog to end when it is not asked for", async () => {
    await life.close();
    life = await freshLife("2025-12-01T00:00:00Z", { limits: { correctionQuietSeconds: 900 } });
    await provisionalJanuary(225_806);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    expect(await runDueWork(life.context, { patient: true })).toMatchObject({ corrected: 0 });
    life.moveTo("2026-02-03T00:15:00Z");
    expect(await runDueWork(life.context, { patient: true })).toMatchObject({ corrected: 1 });
  });
});

describe("large corrections", () => {
  it("28: over the vendor's limit wait for a person, and are billed once approved", async () => {
    await provisionalJanuary(60_000);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(190_000);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["1500.00", "awaiting_approval"]]);
    const decision = {
      id: "cor_acme_20260101T00_2",
      verdict: "approve",
      reason: "checked",
    } as const;
    expect(await decideCorrection(life.context, owner, decision)).toMatchObject({
      status: "ready",
      approved_by: "test",
    });
    await expect(decideCorrection(life.context, owner, decision)).rejects.toMatchObject({
      code: "correction_not_open",
    });
  });

  it("dropped ones are never billed, and giving them back later is not credited", async () => {
    await provisionalJanuary(225_806);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    await runDueWork(life.context);
    await decideCorrection(life.context, owner, {
      id: "cor_acme_20260101T00_2",
      verdict: "drop",
      reason: "goodwill",
    });
    await life.database.query(
      "update usage_windows set lines = array['0 requests {}'] where window_start >= '2026-01-29T00:00:00Z'",
    );
    await retire(life, "acme-eu", "2026-02-01T00:00:00Z");
    await life.database.query(
      `insert into period_marks values ('acme', 'period', '2026-01-01T00:00:00Z', 'counted twice', now(), now())`,
    );
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([
      ["241.94", "dropped"],
      ["-241.94", "carried"],
    ]);
  });
});

describe("decreases", () => {
  it("become a credit note to the original invoice, on the lines that fell", async () => {
    await provisionalJanuary(225_806, { fallback: "share" });
    life.moveTo("2026-02-03T00:00:00Z");
    await retire(life, "acme-eu", "2026-01-29T00:00:00Z");
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["-96.77", "credited"]]);
    const notes = await life.database.query<{
      invoice_id: string;
      total_minor: bigint;
      document: Buffer;
    }>("select invoice_id, total_minor, document from credit_notes");
    expect(notes).toMatchObject([{ invoice_id: "inv_acme_20260101T00_1", total_minor: 9677n }]);
    const lines = JSON.parse(textOf(notes[0]?.document ?? Buffer.from("{}"))).lines;
    expect(lines).toMatchObject([{ amount: "96.77" }]);
  });
});

describe("after the contract's end", () => {
  it("17: late data becomes a settlement invoice, once a person approves", async () => {
    await provisionalJanuary(225_806, {
      term: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" },
      after_term: "stop",
    });
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(24_194);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["241.94", "awaiting_approval"]]);
    await decideCorrection(life.context, owner, {
      id: "cor_acme_20260101T00_2",
      verdict: "approve",
      reason: "final settlement",
    });
    expect(await documentOf("inv_acme_20260101T00_2")).toMatchObject({
      statement: null,
      total: "241.94",
      row: { kind: "settlement", sequence: 2 },
    });
    expect(await corrections(life, "acme")).toEqual([["241.94", "invoiced"]]);
  });

  it("an end inside the closed period prorates its minimum again", async () => {
    await provisionalJanuary(60_000);
    life.moveTo("2026-02-03T00:00:00Z");
    const { effects } = await endContract(life.context, owner, {
      id: "acme",
      at: Date.parse("2026-01-29T00:00:00Z") / 1000,
      reason: "terminated",
    });
    expect(effects.join("\n")).toContain("is computed again");
    await runDueWork(life.context);
    // 672 of 744 hours of 1,000.00 are 903.23.
    expect(await corrections(life, "acme")).toEqual([["-96.77", "awaiting_approval"]]);
  });
});

describe("what waits for longer than may be settled", () => {
  const oneMonth = { minimum: undefined, fallback: undefined, settle_up_within_months: 1 };

  /** February of it reports, so that its invoice could carry what waited. */
  async function february(): Promise<InvoiceDocument> {
    life.moveTo("2026-03-02T00:00:00Z");
    await report(life, journal, {
      from: "2026-02-01T00:00:00Z",
      to: "2026-03-02T00:00:00Z",
      requests: 1000,
    });
    await runDueWork(life.context);
    return documentOf("inv_acme_20260201T00_1");
  }

  it("is not billed: a small increase that found no company in time", async () => {
    await provisionalJanuary(60_000, oneMonth);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(40);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["0.40", "carried"]]);
    expect(await february()).toMatchObject({ adjustments_total: "0.00" });
    expect(await corrections(life, "acme")).toEqual([["0.40", "not_billed"]]);
  });

  it("is not billed: a large increase that a person approves too late", async () => {
    await provisionalJanuary(1000, oneMonth);
    life.moveTo("2026-02-03T00:00:00Z");
    await restOfJanuary(500_000);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["5000.00", "awaiting_approval"]]);
    life.moveTo("2026-03-01T00:00:01Z");
    const [row] = await life.database.query<{ id: string }>("select id from corrections");
    const decided = await decideCorrection(life.context, owner, {
      id: row?.id ?? "",
      verdict: "approve",
      reason: "it was used",
    });
    expect(decided).toMatchObject({ status: "not_billed" });
    expect(decided.status_reason).toContain("later than the contract lets it be settled");
    expect(await february()).toMatchObject({ adjustments_total: "0.00" });
  });
});

describe("fees in advance", () => {
  const plan = {
    ...requestsPlan,
    id: "platform",
    lines: [
      { id: "platform", kind: "base", amount: "310.00", timing: "advance" },
      ...requestsPlan.lines,
    ],
  };

  it("are billed when the term starts, then with each period for the next", async () => {
    const contract = contractOf("acme", {
      plan: { id: "platform", version: 1 },
      minimum: undefined,
      fallback: undefined,
    });
    await agree(life, contract, plan);
    await runDueWork(life.context);
    life.moveTo("2026-01-01T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 1 });
    expect(await documentOf("inv_acme_20260101T00_1")).toMatchObject({
      total: "310.00",
      row: { kind: "opening" },
    });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await runDueWork(life.context)).toMatchObject({ closed: 1 });
    const january = await documentOf("inv_acme_20260101T00_2");
    expect(january).toMatchObject({ total: "310.00", row: { kind: "period", sequence: 2 } });
    expect(january.lines.find(({ id }) => id === "platform")?.period.from).toBe(
      "2026-02-01T00:00:00Z",
    );
  });

  it("are given back for the time after an end inside the period", async () => {
    const contract = contractOf("acme", {
      plan: { id: "platform", version: 1 },
      minimum: undefined,
      fallback: undefined,
    });
    await agree(life, contract, plan);
    life.moveTo("2026-01-16T00:00:00Z");
    await runDueWork(life.context);
    await endContract(life.context, owner, {
      id: "acme",
      at: Date.parse("2026-01-16T00:00:00Z") / 1000,
      reason: "terminated",
    });
    await runDueWork(life.context);
    // 16 of 31 days; a person approves what is settled after the end, and the last period is still open.
    expect(await corrections(life, "acme")).toEqual([["-160.00", "credited"]]);
  });
});
