/** The agent made by hand from docs/wire.md against the real collector, over real HTTP. */

import { createHash } from "node:crypto";
import { startTestCollector } from "@submeter/collector/collector.fixture";
import type { TestCollector } from "@submeter/collector/collector.fixture";
import { expect, test } from "vitest";
import {
  digestByHand,
  helloByHand,
  openJournalByHand,
  postByHand,
  readKeyByHand,
  reportByHand,
  signByHand,
  verifyByHand,
} from "./by-hand.fixture.ts";
import type { HandAnswer, HandDocument, HandKey } from "./by-hand.fixture.ts";

const seed = (sentence: string) => createHash("sha256").update(sentence).digest();
const createdSeconds = 1_767_610_933;
const parsed = (answer: HandAnswer) => JSON.parse(answer.body.toString());

/** An enrolled installation, its journal, and the three things that an agent does. */
async function handAgent() {
  const collector = await startTestCollector({ now: createdSeconds });
  const key = readKeyByHand(await collector.enrol("hand-made"));
  const journal = openJournalByHand("01234567-89ab-4cde-8f01-23456789abcd", seed("a journal"));
  const report = (
    sequence: number,
    previous: string | null,
    quantity: string,
    dimensions: Record<string, string> = {},
  ): HandDocument => {
    const text = reportByHand({
      key,
      journal,
      sequence,
      previous,
      sealedAt: "2026-01-05T11:02:13Z",
      coverage: [],
      meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
      usage: [{ meter: "requests", window: "2026-01-05T10:00:00Z", dimensions, quantity }],
    });
    const proof = sequence === 1 ? journal : undefined;
    return signByHand(text, "submeter-report", createdSeconds, key, proof);
  };
  return {
    collector,
    key,
    report,
    send: (document: HandDocument) => postByHand(`${collector.url}/ingest`, document),
    /** Asks for the state; verifies it, and that it names the key that it is proved with. */
    state: async () => {
      const text = helloByHand(key, journal, "2026-01-05T11:02:13Z");
      const hello = signByHand(text, "submeter-hello", createdSeconds, key);
      const answer = await postByHand(`${collector.url}/state`, hello);
      const publicKey = verifyByHand(answer, "submeter-state", key);
      expect(parsed(answer).public_keys).toContain(publicKey);
      return { ...parsed(answer), publicKey };
    },
  };
}

test("reports are recorded once, in any order, and each has its receipt", async () => {
  const { collector, key, report, send, state } = await handAgent();
  const pinned = await state();
  const first = report(1, null, "100");
  const second = report(2, digestByHand(first.body), "20");
  const third = report(3, digestByHand(second.body), "3");

  for (const [document, through] of [
    [first, 1],
    [third, 1],
    [second, 3],
  ] as const) {
    const answer = await send(document);
    expect(answer.status).toBe(200);
    expect(verifyByHand(answer, "submeter-receipt", key)).toBe(pinned.publicKey);
    expect(parsed(answer)).toMatchObject({
      collector: pinned.collector,
      digest: digestByHand(document.body),
      outcome: "accepted",
      code: null,
    });
    expect((await state()).journals).toMatchObject([{ through }]);
  }
  await expect(counted(collector)).resolves.toBe("123");
});

test("a report offered again gets the same receipt, and is counted once", async () => {
  const { collector, key, report, send } = await handAgent();
  const first = await send(report(1, null, "100"));
  const again = await send(report(1, null, "100"));
  verifyByHand(again, "submeter-receipt", key);
  expect(again.body).toEqual(first.body);
  expect(proofOf(again)).toEqual(proofOf(first));
  expect(again.headers["submeter-outcome"]).toBe("duplicate");
  await expect(counted(collector)).resolves.toBe("100");
});

test("other bytes under a recorded name are a conflict that names what is recorded", async () => {
  const { collector, key, report, send } = await handAgent();
  const first = report(1, null, "100");
  await send(first);
  const answer = await send(report(1, null, "999"));
  expect(answer.status).toBe(409);
  verifyByHand(answer, "submeter-receipt", key);
  expect(parsed(answer)).toMatchObject({
    outcome: "conflict",
    code: "digest_differs",
    stored_digest: digestByHand(first.body),
  });
  await expect(counted(collector)).resolves.toBe("100");
});

test("a report that breaks the page is rejected in a receipt, and holds its place", async () => {
  const { key, report, send, state } = await handAgent();
  const broken = report(1, null, "100", { model: "ada@example.com" });
  const answer = await send(broken);
  expect(answer.status).toBe(422);
  verifyByHand(answer, "submeter-receipt", key);
  expect(parsed(answer)).toMatchObject({
    outcome: "rejected",
    code: "dimension_value_malformed",
  });
  expect((await state()).journals).toMatchObject([{ through: 1 }]);
});

test("what is not signed with the installation's key gets no receipt", async () => {
  const { collector, key, report, send } = await handAgent();
  const { headers, body } = report(1, null, "100");
  const otherKey: HandKey = { ...key, secret: seed("another fake key") };
  const otherSecret = signByHand(body.toString(), "submeter-report", createdSeconds, otherKey);
  const unknownKey = { ...key, keyId: "nobody.1" };
  const unknown = signByHand(body.toString(), "submeter-report", createdSeconds, unknownKey);
  const changed = { headers, body: Buffer.from(body.toString().replace('"100"', '"101"')) };
  const withoutAlg = {
    body,
    headers: {
      ...headers,
      "signature-input": headers["signature-input"].replace(';alg="hmac-sha256"', ""),
    },
  };

  const answers = [];
  for (const document of [otherSecret, unknown, withoutAlg, changed]) {
    const answer = await send(document);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.headers["signature"]).toBeUndefined();
    answers.push({ status: answer.status, code: parsed(answer).code });
  }
  expect(answers).toEqual([
    { status: 401, code: "signature_invalid" },
    { status: 401, code: "signature_invalid" },
    { status: 401, code: "algorithm_refused" },
    { status: 400, code: "digest_mismatch" },
  ]);
  await expect(counted(collector)).resolves.toBe("0");
});

function proofOf(answer: HandAnswer): (string | undefined)[] {
  return ["signature-input", "signature"].map((name) =>
    answer.headers[name]?.split(", ").find((member) => member.startsWith("proof=")),
  );
}

/** What the collector holds for the hour, whoever is billed for it. */
async function counted(collector: TestCollector): Promise<string> {
  const rows = await collector.database.query<{ total: string }>(
    "select coalesce(sum(quantity), 0)::text as total from usage_hourly where meter = 'requests'",
  );
  return rows[0]?.total ?? "";
}
