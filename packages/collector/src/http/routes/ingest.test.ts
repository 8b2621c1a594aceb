import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatInstant } from "@submeter/shared/time/instant";
import { bundleMediaType, encodeBundleLine, parseAnswerLine } from "@submeter/shared/wire/bundle";
import { contentDigest } from "@submeter/shared/wire/digest";
import { signDocument } from "@submeter/shared/wire/document";
import { formatKey } from "@submeter/shared/wire/key";
import { readReceipt } from "@submeter/shared/wire/receipt";
import { readState } from "@submeter/shared/wire/state";
import {
  askState,
  deliver,
  openTestJournal,
  postDocument,
  requestsLine,
  type Sealed,
  testJournalId,
  type TestJournal,
} from "../../ingest/agent.fixture.ts";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../../collector.fixture.ts";

const hour = 3600;

let journals = 0;

async function acme(): Promise<{ collector: TestCollector; key: string; journal: TestJournal }> {
  const collector = await startTestCollector();
  return enrolled(collector);
}

async function enrolled(collector: TestCollector) {
  const key = await collector.enrol("acme");
  collector.clock.moveTo(testStart + 100 * hour);
  return { collector, key, journal: freshJournal(key) };
}

function freshJournal(key: string): TestJournal {
  return openTestJournal({ key, journal: testJournalId((journals += 1)), start: testStart });
}

/** Rows in every table that a report could have left a trace in. */
async function traces(collector: TestCollector): Promise<number> {
  const [row] = await collector.database.query<{ count: number }>(
    `select ((select count(*) from reports) + (select count(*) from report_conflicts)
           + (select count(*) from usage_hourly) + (select count(*) from journals))::int as count`,
  );
  return row?.count ?? -1;
}

type Post = { body: Uint8Array; headers: Record<string, string> };

/** The text's own bytes, properly signed: only what they say is wrong. */
function signedText(text: string, key: { keyId: string; secret: Uint8Array }): Post {
  const body = new TextEncoder().encode(text);
  return { body, headers: signDocument({ body, tag: "submeter-report", created: testStart, key }) };
}

function edited(sealed: Sealed, key: TestJournal["key"], edit: (report: any) => void): Post {
  const report = structuredClone(sealed.report);
  edit(report);
  return signedText(JSON.stringify(report), key);
}

const foreignKey = openTestJournal({
  key: formatKey("other", "1", new Uint8Array(32).fill(1)),
  journal: testJournalId(9),
  start: testStart,
}).key;

describe("what cannot be a report is answered with a problem and leaves no trace", () => {
  // One collector for all rows: what leaves no trace cannot disturb the next.
  const { atEnd, end } = untilEnd();
  let collector: TestCollector;
  let key: string;
  beforeAll(async () => {
    ({ collector, key } = await enrolled(await startTestCollector({ atEnd })));
  });
  afterAll(end);

  test.each<{
    given: string;
    post: (sealed: Sealed, journal: TestJournal) => Post;
    status: number;
    code: string;
  }>([
    {
      given: "malformed JSON",
      post: (_s, { key }) => signedText('{"version":1,', key),
      status: 400,
      code: "json_malformed",
    },
    {
      given: "a duplicate member",
      post: (s, { key }) =>
        signedText(new TextDecoder().decode(s.body).replace("{", '{"version":1,'), key),
      status: 400,
      code: "json_duplicate_member",
    },
    {
      given: "bytes that are no UTF-8",
      post: (_s, { key }) => {
        const body = Uint8Array.of(0x7b, 0xff, 0x7d);
        const created = testStart;
        return { body, headers: signDocument({ body, tag: "submeter-report", created, key }) };
      },
      status: 400,
      code: "utf8_malformed",
    },
    {
      given: "no readable name",
      post: (s, { key }) => edited(s, key, (report) => delete report.journal),
      status: 400,
      code: "report_name_malformed",
    },
    {
      given: "a name with NaN for a sequence",
      post: (s, { key }) =>
        signedText(new TextDecoder().decode(s.body).replace('"sequence":1', '"sequence":NaN'), key),
      status: 400,
      code: "json_malformed",
    },
    {
      given: "a version from the future",
      post: (s, { key }) => edited(s, key, (report) => (report.version = 2)),
      status: 503,
      code: "version_newer",
    },
    {
      given: "another body than was signed",
      post: (s) => ({ body: new TextEncoder().encode("{}"), headers: s.headers }),
      status: 400,
      code: "digest_mismatch",
    },
    {
      given: "no digest",
      post: (s) => ({
        body: s.body,
        headers: {
          "signature-input": s.headers["signature-input"],
          signature: s.headers.signature,
        },
      }),
      status: 400,
      code: "digest_missing",
    },
    {
      given: "no signature",
      post: (s) => ({ body: s.body, headers: { "content-digest": contentDigest(s.body) } }),
      status: 401,
      code: "signature_missing",
    },
    {
      given: "another algorithm",
      post: (s) => ({
        body: s.body,
        headers: {
          ...s.headers,
          "signature-input": s.headers["signature-input"].replace("hmac-sha256", "hmac-sha512"),
        },
      }),
      status: 401,
      code: "algorithm_refused",
    },
    {
      given: "no algorithm",
      post: (s) => ({
        body: s.body,
        headers: {
          ...s.headers,
          "signature-input": s.headers["signature-input"].replace(';alg="hmac-sha256"', ""),
        },
      }),
      status: 401,
      code: "algorithm_refused",
    },
    {
      given: "a key that nobody has",
      post: (s) => signedText(new TextDecoder().decode(s.body), foreignKey),
      status: 401,
      code: "signature_invalid",
    },
    {
      given: "the right key's name and a wrong secret",
      post: (s, { key }) =>
        signedText(new TextDecoder().decode(s.body), {
          ...key,
          secret: new Uint8Array(32).fill(2),
        }),
      status: 401,
      code: "signature_invalid",
    },
    {
      given: "a signed document of another kind",
      post: (s, { key }) => ({
        body: s.body,
        headers: signDocument({ body: s.body, tag: "submeter-hello", created: testStart, key }),
      }),
      status: 401,
      code: "tag_mismatch",
    },
    {
      given: "more than 1 MiB",
      post: (s, { key }) =>
        edited(s, key, (report) => (report.x = { filler: "x".repeat(1_048_576) })),
      status: 413,
      code: "body_too_large",
    },
  ])("$given: $status $code", async ({ post, status, code }) => {
    const journal = freshJournal(key);
    const answer = await postDocument(`${collector.url}/ingest`, post(journal.seal(), journal));
    const problem = JSON.parse(new TextDecoder().decode(answer.body));
    expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(problem).toMatchObject({ status, type: `urn:submeter:problem:${code}` });
    expect(problem.hint.length).toBeGreaterThan(10);
    expect(await traces(collector)).toBe(0);
  });

  test("an unknown key and a wrong signature get the very same answer", async () => {
    const { collector, journal } = await acme();
    const sealed = journal.seal();
    const text = new TextDecoder().decode(sealed.body);
    const wrong = { ...journal.key, secret: new Uint8Array(32).fill(2) };
    const unknown = await postDocument(`${collector.url}/ingest`, signedText(text, foreignKey));
    const forged = await postDocument(`${collector.url}/ingest`, signedText(text, wrong));
    expect(new TextDecoder().decode(unknown.body)).toBe(new TextDecoder().decode(forged.body));
    // Also once the true key has been seen and is held in memory.
    await deliver(collector.url, journal, sealed);
    const later = await postDocument(`${collector.url}/ingest`, signedText(text, wrong));
    expect(new TextDecoder().decode(later.body)).toBe(new TextDecoder().decode(forged.body));
  });

  test("another installation's key: 403 key_of_other_installation", async () => {
    const { collector, journal } = await acme();
    const key = await collector.enrol("other");
    const other = openTestJournal({ key, journal: testJournalId(2), start: testStart });
    const post = signedText(new TextDecoder().decode(journal.seal().body), other.key);
    const answer = await postDocument(`${collector.url}/ingest`, post);
    expect(answer.status).toBe(403);
    expect(JSON.parse(new TextDecoder().decode(answer.body)).code).toBe(
      "key_of_other_installation",
    );
    expect(await traces(collector)).toBe(0);
  });

  test("a removed key is as unknown as one that never was, at once", async () => {
    const { collector, journal } = await acme();
    const sealed = journal.seal();
    await deliver(collector.url, journal, sealed);
    const order = { mode: "removed", reason: "gone" };
    await collector.api("POST", "/installations/acme/keys/1/revoke", order);
    const before = await traces(collector);
    const stranger = openTestJournal({
      key: formatKey("acme", "1", journal.key.secret),
      journal: testJournalId((journals += 1)),
      start: testStart,
    });
    for (const report of [sealed, journal.seal(), stranger.seal()]) {
      const answer = await postDocument(`${collector.url}/ingest`, report);
      const { code } = JSON.parse(new TextDecoder().decode(answer.body));
      expect([answer.status, code]).toEqual([401, "signature_invalid"]);
    }
    // A journal that nobody reports for would be expected, and its silence billed.
    expect(await traces(collector)).toBe(before);
  });

  test.each([
    { contentType: "text/plain", encoding: null, code: "media_type_refused" },
    { contentType: "application/json", encoding: "gzip", code: "content_coding_refused" },
    { contentType: bundleMediaType, encoding: "br", code: "content_coding_refused" },
  ])("$contentType, coded as $encoding: 415", async ({ contentType, encoding, code }) => {
    const response = await fetch(`${collector.url}/ingest`, {
      method: "POST",
      headers: {
        "content-type": contentType,
        ...(encoding !== null && { "content-encoding": encoding }),
      },
      body: "{}",
    });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code });
  });

  test("a body of 10 MB: 413, whatever it says", async () => {
    const response = await fetch(`${collector.url}/ingest`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "x".repeat(10 * 1024 * 1024),
    }).catch(() => null);
    // The server may close before it has read everything, which the client may see as a reset.
    expect(response === null ? 413 : response.status).toBe(413);
    expect(await traces(collector)).toBe(0);
  });
});

describe("what breaks the wire but has a name is rejected: stored, counted nowhere, its place held", () => {
  // One collector for all rows: each has a journal of its own.
  const { atEnd, end } = untilEnd();
  let collector: TestCollector;
  let key: string;
  beforeAll(async () => {
    ({ collector, key } = await enrolled(await startTestCollector({ atEnd })));
  });
  afterAll(end);

  test.each<{ given: string; edit: (report: any) => void; code: string }>([
    {
      given: "a negative quantity",
      edit: (r) => (r.usage[0].quantity = "-1"),
      code: "quantity_malformed",
    },
    {
      given: "a quantity of 40 digits",
      edit: (r) => (r.usage[0].quantity = "9".repeat(40)),
      code: "quantity_malformed",
    },
    {
      given: "a quantity that is a number",
      edit: (r) => (r.usage[0].quantity = 0.1),
      code: "member_malformed",
    },
    {
      given: "an unknown meter",
      edit: (r) => (r.usage[0].meter = "unheard_of"),
      code: "meter_undeclared",
    },
    {
      given: "a value with @",
      edit: (r) => (r.usage[0].dimensions = { member: "a@b.example" }),
      code: "dimension_value_malformed",
    },
    {
      given: "more than 512 KiB",
      edit: (r) => (r.x = { filler: "x".repeat(524_288) }),
      code: "report_too_large",
    },
    { given: "an unknown member", edit: (r) => (r.prompt = "hello"), code: "member_unknown" },
  ])("$given ($code)", async ({ edit, code }) => {
    const journal = freshJournal(key);
    const sealed = journal.seal({ usage: [requestsLine(testStart, "5")] });
    const post = edited(sealed, journal.key, edit);
    const answer = await postDocument(`${collector.url}/ingest`, post);
    const receipt = readReceipt(answer.body);
    expect(answer.status).toBe(422);
    expect(receipt).toMatchObject({ document: { outcome: "rejected", code } });
    const usage = await collector.database.query("select 1 from usage_hourly");
    expect(usage).toEqual([]);
    const { body } = await collector.api("GET", "/installations/acme/journals");
    const row = body.items.find((item: { journal: string }) => item.journal === journal.journal);
    expect(row).toMatchObject({ through: 1, outcomes: { rejected: 1 } });
    // What can be read of its coverage is kept: its hours wait for a person, they are not uncounted.
    const rows = await collector.database.query("select coverage from reports where journal = $1", [
      journal.journal,
    ]);
    expect(rows).toEqual([{ coverage: [[testStart, testStart + hour]] }]);
  });

  test("offered again, it is examined anew: what the collector has learnt meanwhile makes it count", async () => {
    const { collector, journal } = await acme();
    const sealed = journal.seal({ usage: [requestsLine(testStart, "5")] });
    const first = await deliver(collector.url, journal, sealed);
    expect(first.receipt.outcome).toBe("accepted");
    // As if an older collector had not known better.
    await collector.database.query(
      "update reports set outcome = 'rejected', code = 'member_unknown'",
    );
    await collector.database.query("delete from usage_windows");
    await collector.database.query("update journals set covered_through = null");
    const again = await deliver(collector.url, journal, sealed);
    expect(again.receipt.outcome).toBe("accepted");
    expect(again.headers.get("submeter-outcome")).toBeNull();
    const [usage] = await collector.database.query("select quantity from usage_hourly");
    expect(usage).toEqual({ quantity: "5" });
    const kept = await collector.database.query("select outcome, code from replaced_receipts");
    expect(kept).toEqual([{ outcome: "rejected", code: "member_unknown" }]);
    const [journalRow] = await collector.database.query("select covered_through from journals");
    expect(journalRow).toEqual({ covered_through: testStart + hour });
  });

  test("offered again after the operator refused it, it stays refused, whatever the collector has learnt", async () => {
    const { collector, journal } = await acme();
    const sealed = journal.seal({ usage: [requestsLine(testStart, "5")] });
    await deliver(collector.url, journal, sealed);
    await collector.database.query(
      "update reports set outcome = 'rejected', code = 'member_unknown'",
    );
    await collector.database.query("delete from usage_windows");
    const path = `/reports/acme/${journal.journal}/1`;
    await collector.api("POST", `${path}/reject`, { reason: "not theirs" });
    const again = await deliver(collector.url, journal, sealed);
    expect(again.headers.get("submeter-outcome")).toBe("duplicate");
    expect(await collector.database.query("select 1 from usage_hourly")).toEqual([]);
    const shown = await collector.api("GET", path);
    expect(shown.body).toMatchObject({ decision: "refused", decision_reason: "not theirs" });
  });
});

describe("a bundle", () => {
  async function postBundle(url: string, body: Buffer | string, headers: object = {}) {
    const response = await fetch(`${url}/ingest`, {
      method: "POST",
      headers: { "content-type": bundleMediaType, ...headers },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  function answersOf(text: string) {
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const read = parseAnswerLine(new TextEncoder().encode(line));
        if (read.kind !== "answer") throw new Error(line);
        return read.answer;
      });
  }

  test.each([
    { given: "as it is", pack: (text: string) => ({ body: text, headers: {} }) },
    {
      given: "gzipped",
      pack: (text: string) => ({ body: gzipSync(text), headers: { "content-encoding": "gzip" } }),
    },
  ])("$given: an answer a line, in order, then the state", async ({ pack }) => {
    const { collector, journal } = await acme();
    const reports = Array.from({ length: 30 }, (_, index) =>
      journal.seal({ usage: [requestsLine(testStart + index * hour, "2")] }),
    );
    await deliver(collector.url, journal, reports[3] as Sealed);
    const lines = reports.map(encodeBundleLine);
    lines.splice(1, 0, "this is no line\n");
    const { body, headers } = pack(lines.join(""));
    const { status, text } = await postBundle(collector.url, body, headers);
    expect(status).toBe(200);
    const answers = answersOf(text);
    expect(answers.map((answer) => answer.status)).toEqual([
      200,
      400,
      ...Array.from({ length: 30 }, () => 200),
    ]);
    expect(answers[1]?.headers).toEqual({ "content-type": "application/problem+json" });
    const sequences = answers
      .filter((_, index) => index !== 1 && index < 31)
      .map((answer) => {
        const read = readReceipt(answer.body);
        return read.kind === "document" ? read.document.sequence : null;
      });
    expect(sequences).toEqual(reports.map(({ report }) => report.sequence));
    expect(answers[4]?.headers).toMatchObject({ "submeter-outcome": "duplicate" });
    const state = readState(answers.at(-1)?.body ?? new Uint8Array());
    expect(state).toMatchObject({
      document: { journals: [{ journal: journal.journal, through: 30 }] },
    });
  });

  test("of a thousand and one lines: 413, in halves please", async () => {
    const { collector } = await acme();
    const { status, text } = await postBundle(collector.url, "x\n".repeat(1001));
    expect([status, JSON.parse(text).code]).toEqual([413, "bundle_too_large"]);
  });

  test("that is a gzip bomb: 413 after 8 MiB, not after a gigabyte", async () => {
    const { collector } = await acme();
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const { status, text } = await postBundle(collector.url, bomb, { "content-encoding": "gzip" });
    expect([status, JSON.parse(text).code]).toEqual([413, "bundle_too_large"]);
    expect(await traces(collector)).toBe(0);
  });

  test("that is no gzip although it says so: 400", async () => {
    const { collector } = await acme();
    const answer = await postBundle(collector.url, "plain", { "content-encoding": "gzip" });
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, "gzip_malformed"]);
  });

  test("of several installations ends with a state for each", async () => {
    const { collector, journal } = await acme();
    const key = await collector.enrol("other");
    const other = openTestJournal({ key, journal: testJournalId(2), start: testStart });
    const lines = [journal.seal(), other.seal()].map(encodeBundleLine).join("");
    const answers = answersOf((await postBundle(collector.url, lines)).text);
    const installations = answers.slice(2).map(({ body }) => {
      const read = readState(body);
      return read.kind === "document" ? read.document.installation : null;
    });
    expect(installations).toEqual(["acme", "other"]);
  });
});

describe("the state", () => {
  test("hints at a newer revision beside the receipt when keys or dates have changed", async () => {
    const { collector, journal } = await acme();
    const revisionOf = async () =>
      (await deliver(collector.url, journal, journal.seal())).headers.get(
        "submeter-state-revision",
      );
    const before = await revisionOf();
    expect(await revisionOf()).toBe(before);
    await collector.api("POST", "/installations/acme/keys", {});
    expect(await revisionOf()).not.toBe(before);
  });

  test("tells how late reports may be and when the minimum starts, as the contract has it", async () => {
    const { collector, journal } = await acme();
    await deliver(collector.url, journal, journal.seal());
    const state = () => askState(collector.url, journal, testStart);
    const before = await state();
    expect(before).toMatchObject({ report_due_hours: 72, fallback_at: null });
    const meters = [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }];
    const lines = [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }];
    const plan = { version: 1, id: "standard", description: "all", currency: "USD", meters, lines };
    expect(await collector.api("POST", "/plans", plan)).toMatchObject({ status: 201 });
    const contract = {
      version: 1,
      id: "acme",
      customer: "customer-of-acme",
      plan: { id: "standard", version: 1 },
      currency: "USD",
      term: { from: "2026-01-05T00:00:00Z", to: null },
      cycle: { every: "month" },
      report_due_hours: 840,
    };
    expect(await collector.api("PUT", "/contracts/acme", contract)).toMatchObject({ status: 200 });
    const after = await state();
    // 35 days of silence that counts: the 99 hours in which this collector did not run are nobody's.
    expect(after).toMatchObject({ report_due_hours: 840, covered_through: "2026-01-05T01:00:00Z" });
    expect(after.fallback_at).toBe("2026-02-13T04:00:00Z");
    expect(after.revision).not.toBe(before.revision);
  });

  test("is refused to a hello of another installation", async () => {
    const { collector, journal } = await acme();
    const hello = {
      version: 1,
      installation: "other",
      journal: journal.journal,
      sent_at: formatInstant(testStart),
    };
    const body = new TextEncoder().encode(JSON.stringify(hello));
    const signed = { body, tag: "submeter-hello" as const, created: testStart, key: journal.key };
    const answer = await postDocument(`${collector.url}/state`, {
      body,
      headers: signDocument(signed),
    });
    expect(answer.status).toBe(403);
  });

  test("shows a lower through after the collector was restored from a backup, and takes again what was lost", async () => {
    const { collector, journal } = await acme();
    const reports = [1, 2, 3, 4].map((n) =>
      journal.seal({ usage: [requestsLine(testStart + n * hour, String(n))] }),
    );
    const receipts = [];
    for (const report of reports) receipts.push(await deliver(collector.url, journal, report));
    // The backup was made after the second.
    await collector.database.query("delete from reports where sequence > 2");
    await collector.database.query(
      "delete from usage_windows where window_start > to_timestamp($1)",
      [testStart + 2 * hour],
    );
    await collector.database.query("update journals set through = 2, highest = 2, revision = 2");
    const restored = await collector.restart();
    const state = await askState(restored.url, journal, testStart);
    expect(state.journals).toEqual([{ journal: journal.journal, through: 2 }]);
    for (const report of reports.slice(2)) {
      expect((await deliver(restored.url, journal, report)).receipt.outcome).toBe("accepted");
    }
    const [sum] = await restored.database.query(
      "select sum(quantity)::text as sum from usage_hourly",
    );
    expect(sum).toEqual({ sum: "10" });
  });
});
