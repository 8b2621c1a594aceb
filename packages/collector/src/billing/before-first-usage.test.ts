/** A cycle that begins with the first usage: what was used before it, and is only told later, belongs to its first period. */

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
} from "./contract-life.fixture.ts";
import { replayInvoice } from "./replay-invoice.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2026-01-01T00:00:00Z");
  await agree(
    life,
    contractOf("acme", {
      cycle: { every: "days", days: 7, anchor: "first_usage" },
      minimum: undefined,
      fallback: undefined,
    }),
  );
});

afterEach(async () => {
  await life.close();
});

it("usage before the frozen anchor is billed with the first period, once it is told", async () => {
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  life.moveTo("2026-01-18T10:00:00Z");
  await report(life, newJournal("acme-eu"), {
    from: "2026-01-10T00:00:00Z",
    to: "2026-01-18T00:00:00Z",
    requests: 19_200,
  });
  // 168 hours of 100 requests.
  expect(await closes(life, "acme")).toMatchObject({
    invoice: "inv_acme_20260110T00_1",
    total: "168.00",
  });
  life.moveTo("2026-01-18T12:00:00Z");
  await report(life, newJournal("acme-eu"), {
    from: "2026-01-05T00:00:00Z",
    to: "2026-01-06T00:00:00Z",
    requests: 2400,
  });
  expect(await runDueWork(life.context)).toMatchObject({ corrected: 1, failed: 0 });
  expect(await corrections(life, "acme")).toEqual([["24.00", "ready"]]);
  expect(await replayInvoice(life.database, "inv_acme_20260110T00_1")).toMatchObject({
    result: "equal",
  });
});
