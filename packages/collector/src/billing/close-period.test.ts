import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeNextPeriod } from "./close-period.ts";
import {
  agree,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";
import { findInvoice } from "../store/invoices.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2026-01-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

const atOnce = { acceptUnpriced: false };

describe("the close of a period", () => {
  it("books what was measured when every hour is counted and the grace is over", async () => {
    await agree(life, contractOf("acme"));
    await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
    const journal = newJournal("acme-eu");
    life.moveTo("2026-02-01T00:00:01Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 250_000,
    });
    life.moveTo("2026-02-01T23:59:59Z");
    const early = await closeNextPeriod(life.context, "acme", atOnce);
    expect(early.kind).toBe("waiting");
    life.moveTo("2026-02-02T00:00:00Z");
    const closed = await closeNextPeriod(life.context, "acme", atOnce);
    expect(closed).toMatchObject({ kind: "closed", invoice: "inv_acme_20260101T00_1" });
    const invoice = await findInvoice(life.database, "inv_acme_20260101T00_1");
    expect(invoice?.total_minor).toBe(250_000n);
  });
});
