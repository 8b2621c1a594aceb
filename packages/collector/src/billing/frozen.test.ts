/** Promises 6 and 7: a closed period never changes, and any past invoice can be proved or disproved. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestHex } from "@submeter/shared/wire/digest";
import { findStatement } from "../store/statements.ts";
import {
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";
import { compressed, decompressed, textOf } from "./document-bytes.ts";
import { replayInvoice } from "./replay-invoice.ts";

let life: Life;
const invoice = "inv_acme_20260101T00_1";
const statement = "st_acme_20260101T00_1";

beforeAll(async () => {
  life = await freshLife("2026-02-02T00:00:00Z");
  await agree(life, contractOf("acme"));
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  await report(life, newJournal("acme-eu"), {
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
    requests: 250_000,
  });
  await closes(life, "acme");
});

afterAll(async () => {
  await life.close();
});

describe("what was booked", () => {
  const changes = [
    ["a statement's total", "update statements set total = 1"],
    ["a statement", "delete from statements"],
    ["an invoice's total", "update invoices set total_minor = 1"],
    ["an invoice's bytes", "update invoices set document = ''"],
    ["an invoice", "delete from invoices"],
    ["a contract's words", "update contracts set document = '{}'"],
  ] as const;
  for (const [what, statementText] of changes) {
    it(`keeps ${what}, whoever writes to the database`, async () => {
      await expect(life.database.query(statementText)).rejects.toThrow(/append-only|never changes/);
    });
  }
});

describe("the replay of an invoice", () => {
  it("is equal as long as nobody touched it", async () => {
    expect(await replayInvoice(life.database, invoice)).toMatchObject({ result: "equal" });
  });

  it("goes by what was frozen, not by what the store says today", async () => {
    await life.database.query("update usage_windows set lines = array['1 requests {}']");
    await life.database.query("delete from assignments");
    expect(await replayInvoice(life.database, invoice)).toMatchObject({ result: "equal" });
  });

  it("is broken when the frozen inputs were altered", async () => {
    const found = await findStatement(life.database, statement);
    const inputs = textOf(decompressed(found?.inputs ?? new Uint8Array()));
    const altered = inputs.replace('"unit_price":"0.01"', '"unit_price":"0.02"');
    expect(altered).not.toBe(inputs);
    await behindTheTrigger("inputs", compressed(new TextEncoder().encode(altered)), async () => {
      expect(await replayInvoice(life.database, invoice)).toMatchObject({ result: "broken" });
    });
  });

  it("is broken when the statement was altered", async () => {
    const found = await findStatement(life.database, statement);
    const altered = textOf(found?.document ?? new Uint8Array()).replaceAll("2500.00", "2400.00");
    await behindTheTrigger("document", new TextEncoder().encode(altered), async () => {
      expect(await replayInvoice(life.database, invoice)).toMatchObject({ result: "broken" });
    });
  });

  it("says so when another version of the engine had computed it", async () => {
    const found = await findStatement(life.database, statement);
    const older = textOf(found?.document ?? new Uint8Array()).replace(
      '"engine":"1"',
      '"engine":"0"',
    );
    const bytes = new TextEncoder().encode(older);
    await behindTheTrigger("document", bytes, async () => {
      await life.database.query("update statements set digest = $1", [digestHex(bytes)]);
      expect(await replayInvoice(life.database, invoice)).toMatchObject({
        result: "engine_changed",
      });
    });
  });
});

/** As somebody with the rights of the schema's owner could, and puts it back. */
async function behindTheTrigger(
  column: "inputs" | "document",
  bytes: Uint8Array,
  run: () => Promise<void>,
): Promise<void> {
  const before = await findStatement(life.database, statement);
  await life.database.query("alter table statements disable trigger statements_append_only");
  try {
    await life.database.query(`update statements set ${column} = $1`, [bytes]);
    await run();
  } finally {
    await life.database.query(`update statements set ${column} = $1, digest = $2`, [
      before?.[column],
      before?.digest,
    ]);
    await life.database.query("alter table statements enable trigger statements_append_only");
  }
}
