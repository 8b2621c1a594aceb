/** An operator's corrections of usage: who may, what becomes of closed periods, and that all of it is proved again. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import { explainStatement } from "@submeter/shared/rating/explain";
import { decodeStatement } from "@submeter/shared/rating/compute-statement";
import { replay } from "@submeter/shared/rating/replay";
import { latestStatement } from "../store/statements.ts";
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
  report,
} from "./contract-life.fixture.ts";
import { decompressed } from "./document-bytes.ts";
import { replayInvoice } from "./replay-invoice.ts";
import { runDueWork } from "./scheduled.ts";
import { decideAdjustment, proposeAdjustment } from "./usage-adjustments.ts";

let life: Life;
let journal: JournalOf;
const ada = { name: "Ada" };
const bea = { name: "Bea" };

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
  await life.database.query(
    `insert into operator_tokens (id, name, role, digest, created_at)
     values ('a', 'Ada', 'owner', 'a', '2025-01-01Z'), ('b', 'Bea', 'billing', 'b', '2025-01-01Z'),
            ('c', 'Cid', 'read-only', 'c', '2025-01-01Z')`,
  );
  await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  journal = newJournal("acme-eu");
  life.moveTo("2026-02-01T00:00:01Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
    requests: 7440,
  });
});

afterEach(async () => {
  await life.close();
});

function proposed(quantity: string, change: Record<string, unknown> = {}) {
  return proposeAdjustment(life.context, ada, {
    customer: "acme",
    meter: "requests",
    dimensions: {},
    from: parseInstant("2026-01-10T00:00:00Z"),
    to: parseInstant("2026-01-11T00:00:00Z"),
    quantity,
    reason: "our own load test",
    ...change,
  });
}

const approved = async (id: string) =>
  decideAdjustment(life.context, bea, { id, verdict: "approve", reason: "seen in the logs" });

describe("an adjustment of usage", () => {
  test("changes nothing before it is approved, and is in the period's statement once it is", async () => {
    const { id, status } = await proposed("-200");
    expect([id, status]).toEqual(["adj_acme_1", "proposed"]);
    await approved(id);
    await proposed("-40");
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ state: "closed", total: "72.40" });
  });

  test("of a closed period becomes a correction, is told on the line, and is replayed equal", async () => {
    life.moveTo("2026-02-02T00:00:00Z");
    const booked = await closes(life, "acme");
    expect(booked).toMatchObject({ state: "closed", total: "74.40" });
    const { id } = await proposed("-200");
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([]);

    await approved(id);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["-2.00", "credited"]]);
    const key = {
      contract: "acme",
      scope: "period" as const,
      from: parseInstant("2026-01-01T00:00:00Z"),
    };
    const stored = await latestStatement(life.database, key);
    if (stored === null) throw new Error("no statement");
    expect(stored.number).toBe(2);
    expect(explainStatement(decodeStatement(stored.document))).toMatch(
      /adjusted +-200 +adj_acme_1: our own load test/,
    );
    expect(replay(decompressed(stored.inputs), stored.document).kind).toBe("equal");
    if (booked.state !== "closed") throw new Error("not closed");
    expect((await replayInvoice(life.database, booked.invoice)).result).toBe("equal");
  });

  test("is taken back by another with the opposite sign: together they come to nothing", async () => {
    life.moveTo("2026-02-02T00:00:00Z");
    await closes(life, "acme");
    await approved((await proposed("-200")).id);
    await runDueWork(life.context);
    await approved((await proposed("200")).id);
    await runDueWork(life.context);
    const amounts = (await corrections(life, "acme")).map(([amount]) => amount);
    expect(amounts).toEqual(["-2.00", "2.00"]);
  });

  test("is not approved by who proposed it", async () => {
    const { id } = await proposed("-200");
    await expect(
      decideAdjustment(life.context, ada, { id, verdict: "approve", reason: "mine" }),
    ).rejects.toMatchObject({ code: "adjustment_own", hint: "ask Bea to approve it" });
  });

  test("is approved by who proposed it where nobody else could", async () => {
    await life.database.query(
      "update operator_tokens set revoked_at = '2026-01-01Z' where name = 'Bea'",
    );
    const { id } = await proposed("-200");
    const row = await decideAdjustment(life.context, ada, {
      id,
      verdict: "approve",
      reason: "alone",
    });
    expect([row.status, row.decided_by]).toEqual(["approved", "Ada"]);
  });

  test("is decided once, and the audit log keeps who and why", async () => {
    const { id } = await proposed("-200");
    const reject = { id, verdict: "reject" as const, reason: "mistaken" };
    expect((await decideAdjustment(life.context, ada, reject)).status).toBe("rejected");
    await expect(approved(id)).rejects.toMatchObject({ code: "adjustment_decided" });
    await expect(
      life.database.query("update usage_adjustments set status = 'approved'"),
    ).rejects.toThrow(/never changes/);
    const audited = await life.database.query(
      "select who, action, reason from audit_log where subject = 'usage-adjustment:adj_acme_1' order by id",
    );
    expect(audited).toEqual([
      { who: "Ada", action: "usage_adjustment.proposed", reason: "our own load test" },
      { who: "Ada", action: "usage_adjustment.rejected", reason: "mistaken" },
    ]);
  });

  test("is refused where it names nothing that was counted", async () => {
    const cases = [
      { quantity: "-241", code: "adjustment_exceeds_usage" },
      { quantity: "0", code: "adjustment_malformed" },
      { quantity: "1", to: parseInstant("2026-03-01T00:00:00Z"), code: "adjustment_malformed" },
      { quantity: "1", meter: "strays", code: "adjustment_meter_unknown" },
      { quantity: "1", customer: "nobody", code: "customer_unknown" },
    ];
    for (const { quantity, code, ...change } of cases) {
      await expect(proposed(quantity, change)).rejects.toMatchObject({ code });
    }
  });

  test("that would take off twice what was counted once is refused when it is approved", async () => {
    const [first, second] = [await proposed("-240"), await proposed("-240")];
    await approved(first.id);
    await expect(approved(second.id)).rejects.toMatchObject({ code: "adjustment_exceeds_usage" });
  });
});
