/** What changes a period while its close is under way is in its statement, or has it computed again: never neither. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import type { Database } from "../store/database.ts";
import { closeNextPeriod } from "./close-period.ts";
import { setContract } from "./contracts.ts";
import {
  agree,
  contractOf,
  corrections,
  enrol,
  freshLife,
  type Life,
  newJournal,
  owner,
  report,
  requestsPlan,
} from "./contract-life.fixture.ts";
import { markFleetChange } from "./mark-changes.ts";
import { addPlan } from "./plans.ts";
import { runDueWork } from "./scheduled.ts";
import { decideAdjustment, proposeAdjustment } from "./usage-adjustments.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
  await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  life.moveTo("2026-02-01T00:00:01Z");
  const month = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
  await report(life, newJournal("acme-eu"), { ...month, requests: 7440 });
  life.moveTo("2026-02-02T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

/** Resolves when the work is done, or waits for a lock that somebody else holds. */
async function doneOrWaiting(work: Promise<unknown>): Promise<void> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  for (;;) {
    const [row] = await life.database.query<{ waiting: boolean }>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock') as waiting`,
    );
    if (done || row?.waiting === true) return;
  }
}

/** A database whose transactions let something happen before they commit. */
function beforeCommit(database: Database, happens: () => Promise<void>): Database {
  return {
    ...database,
    transaction: (run, options) =>
      database.transaction(async (db) => {
        const result = await run(db);
        await happens();
        return result;
      }, options),
  };
}

async function proposal(): Promise<string> {
  const { id } = await proposeAdjustment(life.context, owner, {
    customer: "acme",
    meter: "requests",
    dimensions: {},
    from: parseInstant("2026-01-10T00:00:00Z"),
    to: parseInstant("2026-01-11T00:00:00Z"),
    quantity: "-200",
    reason: "our own load test",
  });
  return id;
}

const close = (onBooked?: () => Promise<void>) =>
  closeNextPeriod(life.context, "acme", {
    acceptUnpriced: false,
    ...(onBooked && { onBooked }),
  });

/** What was billed in the end: the invoice and its corrections. */
async function billed(): Promise<unknown> {
  await runDueWork(life.context);
  const [row] = await life.database.query<{ total: bigint }>(
    "select sum(total_minor)::int8 as total from invoices",
  );
  return [row?.total, await corrections(life, "acme")];
}

describe("beside a close", () => {
  const approve = (id: string, database = life.database) =>
    decideAdjustment({ ...life.context, database }, owner, {
      id,
      verdict: "approve",
      reason: "seen in the logs",
    });

  test("an adjustment that is approved before the close commits is credited", async () => {
    const id = await proposal();
    let approval: Promise<unknown> = Promise.resolve();
    await close(async () => {
      approval = approve(id);
      await doneOrWaiting(approval);
    });
    await approval;
    expect(await billed()).toEqual([7440n, [["-2.00", "credited"]]]);
  });

  test("an adjustment whose approval commits after the close has looked is in the statement", async () => {
    const id = await proposal();
    let closing: Promise<unknown> = Promise.resolve();
    const held = beforeCommit(life.database, async () => {
      closing = close();
      await doneOrWaiting(closing);
    });
    await approve(id, held);
    expect(await closing).toMatchObject({ kind: "closed" });
    expect(await billed()).toEqual([7240n, []]);
  });

  test("a change of the fleet marks the period that was just closed", async () => {
    let change: Promise<unknown> = Promise.resolve();
    const reason = "installation retired";
    const from = parseInstant("2026-01-20T00:00:00Z");
    await close(async () => {
      change = life.database.transaction((db) =>
        markFleetChange(db, { installation: "acme-eu", from, reason }, life.context.clock.now()),
      );
      await doneOrWaiting(change);
    });
    await change;
    const marks = await life.database.query("select reason from period_marks order by reason");
    expect(marks).toContainEqual({ reason });
  });

  test("a contract that is amended while the close waits for it rules the period that it is dated to", async () => {
    await addPlan(life.context, owner, {
      ...requestsPlan,
      version: 2,
      lines: [{ ...requestsPlan.lines[0], unit_price: "0.02" }],
    });
    let closing: Promise<unknown> = Promise.resolve();
    const held = beforeCommit(life.database, async () => {
      closing = close();
      await doneOrWaiting(closing);
    });
    const amended = contractOf("acme", {
      version: 2,
      plan: { id: "requests", version: 2 },
      minimum: undefined,
      fallback: undefined,
    });
    const effective = parseInstant("2026-01-01T00:00:00Z");
    await setContract({ ...life.context, database: held }, owner, amended, {
      id: "acme",
      effective,
      dryRun: false,
    });
    expect(await closing).toMatchObject({ kind: "closed" });
    expect(await billed()).toEqual([14_880n, []]);
  });
});
