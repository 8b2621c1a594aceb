/** Whose usage it is, by the hour; and the way back from a mistake, also when an invoice rests on it. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import {
  addCustomer,
  agree,
  closes,
  contractOf,
  corrections,
  enrol,
  freshLife,
  type Life,
  newJournal,
  owner,
  report,
} from "../billing/contract-life.fixture.ts";
import { setContract } from "../billing/contracts.ts";
import { markFleetChange } from "../billing/mark-changes.ts";
import { runDueWork } from "../billing/scheduled.ts";
import { entriesOf } from "../store/audit-log.fixture.ts";
import { assignmentsOf } from "../store/installations.ts";
import type { FleetContext } from "./fleet-context.ts";
import { assign } from "./installations.ts";

let life: Life;
beforeEach(async () => {
  life = await freshLife("2026-01-10T00:00:00Z");
  await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
  await addCustomer(life, "globex");
  const globex = contractOf("globex", { minimum: undefined, fallback: undefined });
  const asked = { id: "globex", effective: null, dryRun: false };
  await setContract(life.context, owner, globex, asked);
  await enrol(life, "eu", "acme", "2026-01-01T00:00:00Z");
});
afterEach(() => life.close());

async function give(customer: string, from: string, reason: string | null = null): Promise<void> {
  const { database, clock } = life.context;
  const context = {
    database,
    clock,
    onChange: (db, change) => markFleetChange(db, change, clock.now()),
  } as FleetContext;
  const order = { installation: "eu", subject: "", customer, from: parseInstant(from), reason };
  await assign(context, owner, order);
}

async function assignments(): Promise<(string | number | null)[][]> {
  const rows = await assignmentsOf(life.database, ["eu"]);
  return rows.map((row) => [row.customer_id, day(row.from_at), row.to_at && day(row.to_at)]);
}

const day = (instant: number) => new Date(instant * 1000).toISOString().slice(0, 10);

describe("an assignment", () => {
  test("that has not begun is replaced by another, earlier or later", async () => {
    await give("globex", "2062-01-01T00:00:00Z");
    await give("globex", "2026-02-01T00:00:00Z");
    expect(await assignments()).toEqual([
      ["acme", "2026-01-01", "2026-02-01"],
      ["globex", "2026-02-01", null],
    ]);
    await give("acme", "2026-02-01T00:00:00Z", "they keep it");
    expect(await assignments()).toEqual([
      ["acme", "2026-01-01", "2026-02-01"],
      ["acme", "2026-02-01", null],
    ]);
    const [entry] = (await entriesOf(life.database)).slice(-1);
    expect(entry).toMatchObject({ action: "installation.assigned", reason: "they keep it" });
    expect(JSON.parse(entry?.before ?? "{}")).toEqual({
      customer: "acme",
      replaced: [{ customer: "globex", from: "2026-02-01T00:00:00Z" }],
    });
  });

  test("that has begun is a matter of record, but for the hour in which it begins", async () => {
    await give("globex", "2026-01-05T00:00:00Z");
    await expect(give("acme", "2026-01-04T00:00:00Z")).rejects.toMatchObject({
      code: "assignment_not_after",
    });
    await expect(give("acme", "2025-12-31T00:00:00Z")).rejects.toMatchObject({
      code: "assignment_not_after",
    });
    await give("acme", "2026-01-05T00:00:00Z");
    expect(await assignments()).toEqual([
      ["acme", "2026-01-01", "2026-01-05"],
      ["acme", "2026-01-05", null],
    ]);
  });

  test("to the wrong customer is mended after the invoices, which are corrected on both sides", async () => {
    await give("globex", "2026-01-05T00:00:00Z");
    life.moveTo("2026-02-01T01:00:00Z");
    await report(life, newJournal("eu"), {
      from: "2026-01-01T00:00:00Z",
      to: "2026-02-01T01:00:00Z",
      requests: 74_500,
    });
    life.moveTo("2026-02-03T00:00:00Z");
    for (const customer of ["acme", "globex"]) {
      expect(await closes(life, customer)).toMatchObject({ state: "closed" });
    }
    await give("acme", "2026-01-05T00:00:00Z", "globex never had it");
    await runDueWork(life.context);
    // 100 an hour: 648 hours of January from the 5th on, at $0.01.
    expect((await corrections(life, "globex")).map(([amount]) => amount)).toEqual(["-648.00"]);
    expect((await corrections(life, "acme")).map(([amount]) => amount)).toEqual(["648.00"]);
  });
});
