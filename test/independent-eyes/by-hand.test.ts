/** The agent of by-hand.fixture.ts against the page's printed example, and against a collector of shared's functions. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseInstant } from "@submeter/shared/time/instant";
import { claimedKeyId, signDocument, verifyDocument } from "@submeter/shared/wire/document";
import { digestHex } from "@submeter/shared/wire/digest";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { readHello } from "@submeter/shared/wire/hello";
import { formatKey, parseKey } from "@submeter/shared/wire/key";
import { encodeReceipt } from "@submeter/shared/wire/receipt";
import { readReport } from "@submeter/shared/wire/read-report";
import { encodeState } from "@submeter/shared/wire/state";
import { describe, expect, test } from "vitest";
import {
  digestByHand,
  helloByHand,
  openJournalByHand,
  readKeyByHand,
  reportByHand,
  signByHand,
  verifyByHand,
} from "./by-hand.fixture.ts";
import type { HandAnswer, HandDocument } from "./by-hand.fixture.ts";

const seed = (sentence: string) => createHash("sha256").update(sentence).digest();
const created = parseInstant("2026-01-05T11:02:13Z");

describe("from what the page prints", () => {
  const page = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```text\n([^`]*)\n```/g)].map((match) => match[1] ?? "");
  const keyText = blocks.find((text) => text.startsWith("smk_")) ?? "";
  const printed = blocks
    .map((text, index) => ({ text, index }))
    .filter(({ text }) => text.startsWith("content-digest:"))
    .map(({ text, index }) => ({ headers: headersOf(text), body: bodyBefore(index) }));
  const [hello, report, receipt, state] = printed;
  const journal = openJournalByHand(
    JSON.parse(report?.body ?? "{}").journal,
    seed("submeter example: the journal's proof key"),
  );

  test("its key is read", () => {
    expect(readKeyByHand(keyText)).toEqual({
      installation: "acme-prod",
      keyId: "acme-prod.1",
      secret: seed("submeter example: the HMAC key"),
    });
  });

  test("its hello and report are made again, byte for byte", () => {
    const key = readKeyByHand(keyText);
    const made = signByHand(report?.body ?? "", "submeter-report", created, key, journal);
    expect(made.headers).toEqual(report?.headers);
    const text = helloByHand(key, journal, "2026-01-05T10:00:08Z");
    expect(text).toBe(hello?.body);
    const sentAt = parseInstant("2026-01-05T10:00:08Z");
    expect(signByHand(text, "submeter-hello", sentAt, key).headers).toEqual(hello?.headers);
    expect(JSON.parse(report?.body ?? "{}").public_key).toBe(journal.publicKey);
  });

  test("its receipt and state verify, and the state names the key of both", () => {
    const key = readKeyByHand(keyText);
    const stateBody = JSON.parse(state?.body ?? "{}");
    expect(verifyByHand(answerOf(state), "submeter-state", key)).toBe(stateBody.public_keys[0]);
    const proofKey = verifyByHand(answerOf(receipt), "submeter-receipt", key);
    expect(stateBody.public_keys).toContain(proofKey);
    const receiptBody = JSON.parse(receipt?.body ?? "{}");
    expect(receiptBody.digest).toBe(digestByHand(Buffer.from(report?.body ?? "")));
  });

  function bodyBefore(index: number): string {
    return blocks.slice(0, index).findLast((text) => text.startsWith("{")) ?? "";
  }

  function headersOf(text: string): Record<string, string> {
    return Object.fromEntries(
      text.split("\n").map((line) => [line.split(": ")[0] ?? "", line.replace(/^[^:]+: /, "")]),
    );
  }

  function answerOf(
    given: { headers: Record<string, string>; body: string } | undefined,
  ): HandAnswer {
    if (given === undefined) throw new Error("the page prints four documents");
    return { status: 200, headers: given.headers, body: Buffer.from(given.body) };
  }
});

describe("against a collector", () => {
  const keyText = formatKey("hand-made", "7", seed("an obviously fake key"));
  const key = readKeyByHand(keyText);
  const collector = playCollector(keyText);
  const journal = openJournalByHand("01234567-89ab-4cde-8f01-23456789abcd", seed("a journal"));
  const place = {
    key,
    journal,
    sealedAt: "2026-01-05T11:02:13Z",
    coverage: [["2026-01-05T10:00:00Z", "2026-01-05T11:02:13Z"]] as [string, string][],
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  };
  const usage = (quantity: string) => [
    { meter: "requests", window: "2026-01-05T10:00:00Z", dimensions: {}, quantity },
  ];

  test("a hello gets a state, two chained reports get their receipts, all verified by hand", () => {
    const hello = signByHand(
      helloByHand(key, journal, "2026-01-05T10:00:00Z"),
      "submeter-hello",
      created,
      key,
    );
    const state = collector.state(hello);
    const pinned = verifyByHand(state, "submeter-state", key);
    expect(JSON.parse(state.body.toString()).public_keys).toEqual([pinned]);

    let previous: string | null = null;
    for (const sequence of [1, 2]) {
      const text = reportByHand({ ...place, sequence, previous, usage: usage(String(sequence)) });
      const proof = sequence === 1 ? journal : undefined;
      const report = signByHand(text, "submeter-report", created, key, proof);
      const answer = collector.ingest(report);
      expect(verifyByHand(answer, "submeter-receipt", key)).toBe(pinned);
      expect(JSON.parse(answer.body.toString())).toMatchObject({
        installation: "hand-made",
        journal: journal.id,
        sequence,
        digest: digestByHand(report.body),
        outcome: "accepted",
        code: null,
      });
      previous = digestByHand(report.body);
    }
  });

  test("one byte of a receipt changed is no receipt", () => {
    const text = reportByHand({ ...place, sequence: 1, previous: null, usage: usage("1") });
    const report = signByHand(text, "submeter-report", created, key, journal);
    const answer = collector.ingest(report);
    const changed = Buffer.from(answer.body.toString().replace("accepted", "rejected"));
    const wrong = { ...answer, body: changed };
    expect(() => verifyByHand(wrong, "submeter-receipt", key)).toThrow("wrong digest");
    expect(() => verifyByHand(answer, "submeter-state", key)).toThrow("tag");
    const other = { ...key, secret: seed("another fake key") };
    expect(() => verifyByHand(answer, "submeter-receipt", other)).toThrow("sub does not fit");
  });
});

/** The other side, of shared's functions. */
function playCollector(keyText: string) {
  const key = parseKey(keyText);
  const signer = proofSigner(seed("a collector"));
  const answer = (body: Uint8Array, tag: "submeter-receipt" | "submeter-state"): HandAnswer => ({
    status: 200,
    headers: signDocument({ body, tag, created, key, proof: signer }),
    body: Buffer.from(body),
  });
  const verified = (document: HandDocument, tag: "submeter-report" | "submeter-hello") => {
    expect(claimedKeyId(document.headers)).toBe(key.keyId);
    const result = verifyDocument({ ...document, tag, ...key, proof: "optional" });
    if (result.kind === "refused") throw new Error(`${result.code}: ${result.detail}`);
    return result;
  };
  return {
    ingest(document: HandDocument): HandAnswer {
      const { proofKey } = verified(document, "submeter-report");
      const read = readReport(document.body);
      if (read.kind !== "report") throw new Error(JSON.stringify(read));
      const { report } = read;
      expect(proofKey).toBe(report.public_key ?? null);
      const { installation, journal, sequence } = report;
      const receipt = encodeReceipt({
        version: 1,
        collector: "played",
        installation,
        journal,
        sequence,
        digest: digestHex(document.body),
        outcome: "accepted",
        code: null,
        recorded_at: "2026-01-05T11:02:15Z",
      });
      return answer(receipt, "submeter-receipt");
    },
    state(document: HandDocument): HandAnswer {
      verified(document, "submeter-hello");
      expect(readHello(document.body).kind).toBe("document");
      const state = encodeState({
        version: 1,
        collector: "played",
        installation: key.installation,
        revision: "1",
        issued_at: "2026-01-05T11:02:15Z",
        journals: [],
        report_due_hours: 72,
        public_keys: [signer.publicKey],
        covered_through: null,
        fallback_at: null,
      });
      return answer(state, "submeter-state");
    },
  };
}
