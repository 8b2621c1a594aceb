/** What periods hand on: a pack that is drained by late data makes the next period's overage, as rating all at once would. */

import { afterEach, beforeEach, expect, it } from "vitest";
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
  requestsPlan,
} from "./contract-life.fixture.ts";
import { replayInvoice } from "./replay-invoice.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

/** 10,000 requests a month, then packs of 5,000, then $0.01 each. */
const plan = {
  ...requestsPlan,
  lines: [
    {
      ...requestsPlan.lines[0],
      included: "10000",
      packs: [{ id: "small", quantity: "5000", amount: "40.00" }],
    },
  ],
};
const contract = contractOf("acme", {
  minimum: undefined,
  fallback: undefined,
  packs: [{ id: "p1", line: "requests", pack: "small", at: "2026-01-05T00:00:00Z", paid: true }],
});

it("31: late requests of January drain the pack, and February is corrected by 1,000 of overage", async () => {
  await agree(life, contract, plan);
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  const journal = newJournal("acme-eu");
  const month = async (from: string, to: string, requests: number) => {
    life.moveTo(to.replace("01T00", "02T00"));
    await report(life, journal, { from, to, requests });
    return closes(life, "acme");
  };
  expect(await month("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", 9_000)).toMatchObject({
    total: "0.00",
  });
  const february = await month("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", 14_000);
  expect(february).toMatchObject({ basis: "measured", total: "0.00" });

  life.moveTo("2026-03-03T00:00:00Z");
  await report(life, journal, {
    from: "2026-03-01T00:00:00Z",
    to: "2026-03-03T00:00:00Z",
    requests: 3_000,
    windows: { from: "2026-01-10T00:00:00Z", to: "2026-01-11T00:00:00Z" },
  });
  // January first, which changes nothing of its own, then what it hands on.
  await runDueWork(life.context);
  await runDueWork(life.context);
  expect(await corrections(life, "acme")).toEqual([["10.00", "ready"]]);
  const invoice = february.state === "closed" ? february.invoice : "";
  expect(await replayInvoice(life.database, invoice)).toMatchObject({ result: "equal" });
});
