/** The collector's own key is rotated, and no agent that keeps in touch notices. */

import { describe, expect, test } from "vitest";
import { readSignatures } from "@submeter/shared/wire/signature-fields";
import { seededRandom, startTestCollector, testMasterKey } from "../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  postDocument,
  testJournalId,
} from "../ingest/agent.fixture.ts";
import { activateCollectorKey, announceCollectorKey } from "./rotate-collector-key.ts";
import { entriesOf } from "../store/audit-log.fixture.ts";

const day = 86_400;
const actor = { name: "owner" };
const yearly = { reason: "yearly", atOnce: false, compromised: false };

async function lived() {
  const collector = await startTestCollector();
  const { clock, database, url } = collector;
  const key = await collector.enrol("acme");
  const start = clock.now();
  const journal = openTestJournal({ key, journal: testJournalId(1), start });
  const context = { database, clock, masterKey: testMasterKey, random: seededRandom("keys") };
  const proofKeyOf = (headers: Headers) => {
    const input = headers.get("signature-input") ?? undefined;
    const read = readSignatures(input, headers.get("signature") ?? undefined);
    return read.kind === "fields" ? read.proof?.keyId : undefined;
  };
  return {
    collector,
    context,
    moveBy: (seconds: number) => clock.moveTo(clock.now() + seconds),
    state: () => askState(url, journal, clock.now()),
    /** Which key a fresh receipt is proved with. */
    receiptKey: async () => proofKeyOf((await deliver(url, journal, journal.seal())).headers),
    stateKey: async () => {
      const sealed = journal.seal();
      const bundle = `${JSON.stringify({ headers: sealed.headers, body: new TextDecoder().decode(sealed.body) })}\n`;
      const answer = await postDocument(`${url}/ingest`, {
        body: new TextEncoder().encode(bundle),
        headers: { "content-type": "application/vnd.submeter.bundle+ndjson" },
      });
      const lines = new TextDecoder().decode(answer.body).trim().split("\n");
      return proofKeyOf(new Headers(JSON.parse(lines.at(-1) ?? "{}").headers));
    },
  };
}

describe("the collector's key", () => {
  test("is announced in every state before it signs, and may not sign until agents have heard of it", async () => {
    const { context, moveBy, state, receiptKey } = await lived();
    const before = await state();
    const [first] = before.public_keys;
    const { publicKey } = await announceCollectorKey(context, actor, "yearly");
    const announced = await state();
    expect(announced.public_keys).toEqual([first, publicKey]);
    expect(announced.revision).not.toBe(before.revision);
    expect(await receiptKey()).toBe(first);
    await expect(announceCollectorKey(context, actor, "again")).rejects.toMatchObject({
      code: "collector_key_announced",
    });
    moveBy(2 * day - 1);
    await expect(activateCollectorKey(context, actor, yearly)).rejects.toMatchObject({
      code: "collector_key_too_new",
    });
    moveBy(1);
    expect(await activateCollectorKey(context, actor, yearly)).toMatchObject({ publicKey });
    expect((await state()).public_keys).toEqual([publicKey, first]);
    expect(await receiptKey()).toBe(publicKey);
  });

  test("that came before proves states for 90 days more: who has heard of no other key believes them", async () => {
    const { context, moveBy, state, stateKey } = await lived();
    const [first] = (await state()).public_keys;
    const { publicKey } = await announceCollectorKey(context, actor, "yearly");
    moveBy(2 * day);
    await activateCollectorKey(context, actor, yearly);
    expect(await stateKey()).toBe(first);
    moveBy(91 * day);
    // Whoever starts then has only one key for both.
    await announceCollectorKey(context, actor, "the next one");
    expect(await stateKey()).toBe(publicKey);
  });

  test("that leaked is told to nobody any more, at once", async () => {
    const { collector, context, state, receiptKey } = await lived();
    const [first] = (await state()).public_keys;
    const { publicKey } = await announceCollectorKey(context, actor, "leaked");
    const leaked = { reason: "leaked", atOnce: true, compromised: true };
    await activateCollectorKey(context, actor, leaked);
    expect((await state()).public_keys).toEqual([publicKey]);
    expect(await receiptKey()).toBe(publicKey);
    expect((await entriesOf(collector.database)).slice(-2)).toMatchObject([
      { action: "collector_key.announced", reason: "leaked" },
      {
        action: "collector_key.rotated",
        before: JSON.stringify({ public_key: first }),
        after: JSON.stringify({ public_key: publicKey, key_before: "compromised" }),
      },
    ]);
  });

  test("cannot sign before one is announced", async () => {
    const { context } = await lived();
    await expect(activateCollectorKey(context, actor, yearly)).rejects.toMatchObject({
      code: "collector_key_not_announced",
    });
  });
});
