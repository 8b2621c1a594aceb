import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatInstant } from "@submeter/shared/time/instant";
import { parseKey } from "@submeter/shared/wire/key";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../../collector.fixture.ts";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../ingest/agent.fixture.ts";
import { tokenDigest } from "../../fleet/secret-token.ts";

const hour = 3600;

describe("the admin API", () => {
  const { atEnd, end } = untilEnd();
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await startTestCollector({ atEnd });
  });
  afterAll(end);

  describe("asks who is there", () => {
    const call = (method: string, authorization?: string, path = "/customers") =>
      fetch(`${collector.url}/api/v1${path}`, {
        method,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(method === "POST" && { "content-type": "application/json" }),
        },
        ...(method === "POST" && { body: "{}" }),
      });

    test.each([
      ["no token", undefined],
      ["a token that nobody has", `Bearer sop_${"A".repeat(43)}`],
      ["another scheme", "Basic b3duZXI6b3duZXI="],
    ])("%s: 401", async (_given, authorization) => {
      const answer = await call("GET", authorization);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: "token_refused" });
    });

    const roles = [
      { role: "read-only", get: 200, post: 403, clock: 403 },
      { role: "billing", get: 200, post: 400, clock: 403 },
      { role: "owner", get: 200, post: 400, clock: 400 },
    ];
    test.each(roles)("a $role token: GET $get, POST $post", async ({ role, get, post, clock }) => {
      const token = `sop_${role.padEnd(43, "x").replace("-", "_")}`;
      await collector.database.query(
        `insert into operator_tokens (id, name, role, digest, created_at)
         values ($1, $2, $2, $3, to_timestamp($4))`,
        [`of role ${role}`, role, tokenDigest(token), testStart],
      );
      const bearer = `Bearer ${token}`;
      expect((await call("GET", bearer)).status).toBe(get);
      expect((await call("POST", bearer)).status).toBe(post);
      const moved = await fetch(`${collector.url}/dev/clock`, {
        method: "POST",
        headers: { authorization: bearer, "content-type": "application/json" },
        body: "{}",
      });
      expect(moved.status).toBe(clock);
    });

    test.each([
      { given: "expired", column: "expires_at" },
      { given: "revoked", column: "revoked_at" },
    ])("a token that is $given: 401", async ({ given, column }) => {
      const token = `sop_${given.padEnd(43, "x")}`;
      await collector.database.query(
        `insert into operator_tokens (id, name, role, digest, created_at, ${column})
         values ($1, $1, 'owner', $2, to_timestamp($3), to_timestamp($3))`,
        [given, tokenDigest(token), testStart],
      );
      expect((await call("GET", `Bearer ${token}`)).status).toBe(401);
    });
  });

  describe("says what is wrong with a request", () => {
    test.each<{
      given: string;
      method: string;
      path: string;
      body?: unknown;
      status: number;
      code: string;
    }>([
      {
        given: "an unknown address",
        method: "GET",
        path: "/nonsense",
        status: 404,
        code: "route_unknown",
      },
      {
        given: "an unknown customer",
        method: "GET",
        path: "/customers/x",
        status: 404,
        code: "customer_unknown",
      },
      {
        given: "an unknown member",
        method: "POST",
        path: "/customers",
        body: { id: "a", name: "A", colour: "red" },
        status: 400,
        code: "request_invalid",
      },
      {
        given: "a number where a text belongs",
        method: "POST",
        path: "/customers",
        body: { id: "a", name: 7 },
        status: 400,
        code: "request_invalid",
      },
      {
        given: "an id with capitals",
        method: "POST",
        path: "/customers",
        body: { id: "ACME", name: "A" },
        status: 400,
        code: "request_invalid",
      },
      {
        given: "an installation of nobody",
        method: "POST",
        path: "/installations",
        body: { id: "a", customer: "nobody", enrolled: "2026-01-01T00:00:00Z" },
        status: 404,
        code: "customer_unknown",
      },
      {
        given: "an instant that is none",
        method: "POST",
        path: "/installations",
        body: { id: "a", customer: "nobody", enrolled: "the first of May" },
        status: 400,
        code: "instant_malformed",
      },
      {
        given: "a cursor of its own making",
        method: "GET",
        path: "/customers?cursor=abc",
        status: 400,
        code: "cursor_malformed",
      },
    ])("$given: $status $code", async ({ method, path, body, status, code }) => {
      const answer = await collector.api(method, path, body);
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
      expect(answer.body.hint).toMatch(/\w/);
    });

    test("JSON with a member twice", async () => {
      const answer = await fetch(`${collector.url}/api/v1/customers`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${collector.token}`,
          "content-type": "application/json",
        },
        body: '{"id":"a","id":"b","name":"A"}',
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: "json_duplicate_member" });
    });
  });

  test("customers are listed in pages", async () => {
    for (const id of ["page-c", "page-a", "page-b"]) {
      await collector.api("POST", "/customers", { id, name: id });
    }
    const taken = await collector.api("POST", "/customers", { id: "page-a", name: "again" });
    expect(taken).toMatchObject({ status: 409, body: { code: "customer_exists" } });
    const seen: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const cursor: string = next === "" ? "" : `&cursor=${next}`;
      const { body } = await collector.api("GET", `/customers?limit=1${cursor}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      next = body.next;
    }
    expect(seen).toEqual(seen.toSorted());
    expect(seen).toEqual(expect.arrayContaining(["page-a", "page-b", "page-c"]));
  });

  test("an installation's life: enrolled, key rotated, handed over, retired; each in the audit log", async () => {
    const api = collector.api;
    await api("POST", "/customers", { id: "first", name: "First" });
    await api("POST", "/customers", { id: "second", name: "Second" });
    const made = await api("POST", "/installations", {
      id: "life",
      customer: "first",
      enrolled: "2026-01-05T00:40:00+00:00",
    });
    expect(made.status).toBe(201);
    expect(made.body.installation).toMatchObject({ enrolled_at: "2026-01-05T00:00:00Z" });
    const { TELEMETRY_HMAC_KEY: key, TELEMETRY_ENDPOINT: endpoint } = made.body.environment;
    expect(parseKey(key)).toMatchObject({ keyId: "life.1" });
    expect(endpoint).toBe(collector.url);
    const rotated = await api("POST", "/installations/life/keys", {});
    expect(parseKey(rotated.body.environment.TELEMETRY_HMAC_KEY).keyId).toBe("life.2");
    const early = await api("POST", "/installations/life/assignments", {
      customer: "second",
      from: "2026-01-04T23:00:00Z",
    });
    expect(early).toMatchObject({ status: 409, body: { code: "assignment_not_after" } });
    await api("POST", "/installations/life/assignments", {
      customer: "second",
      from: "2026-01-12T07:30:00Z",
    });
    const retired = await api("POST", "/installations/life/retire", {
      at: "2026-01-20T00:00:00Z",
      reason: "switched off",
    });
    expect(retired.body).toMatchObject({
      customer: "second",
      retired_at: "2026-01-20T00:00:00Z",
      keys: [
        { number: "1", state: "verify-only" },
        { number: "2", state: "active" },
      ],
      assignments: [
        { customer: "first", from: "2026-01-05T00:00:00Z", to: "2026-01-12T07:00:00Z" },
        { customer: "second", from: "2026-01-12T07:00:00Z", to: null },
      ],
    });
    const back = await api("POST", "/installations/life/retire", {
      at: null,
      reason: "the wrong one",
    });
    expect(back).toMatchObject({ status: 200, body: { retired_at: null, retired_reason: null } });
    const twice = await api("POST", "/installations/life/retire", { at: null, reason: "again" });
    expect(twice).toMatchObject({ status: 409, body: { code: "not_retired" } });
    const log = await collector.database.query<{ action: string }>(
      "select action from audit_log where subject = 'installation:life' order by id",
    );
    expect(log.map(({ action }) => action)).toEqual([
      "installation.enrolled",
      "key.rotated",
      "installation.assigned",
      "installation.retired",
      "installation.reinstated",
    ]);
    await expect(collector.database.query("delete from audit_log")).rejects.toThrow("append-only");
    // Nothing anywhere holds the key as it was shown.
    const secret = key.slice(-49, -6);
    const [row] = await collector.database.query<{ sealed: Buffer }>(
      "select sealed from installation_keys where installation_id = 'life' and number = '1'",
    );
    expect(row?.sealed.includes(Buffer.from(secret, "base64url"))).toBe(false);
  });
});

describe("usage", () => {
  test("is summed by hour, day and in total; what is held and what is unbilled stand apart", async () => {
    const collector = await startTestCollector();
    const key = await collector.enrol("acme");
    const journal = openTestJournal({
      key,
      journal: testJournalId(1),
      start: testStart + 22 * hour,
    });
    collector.clock.moveTo(testStart + 30 * hour);
    const tokens = (window: number, model: string, quantity: string) => ({
      meter: "tokens",
      window: formatInstant(window),
      dimensions: { model, direction: "input" },
      quantity,
    });
    const seats = (window: number, quantity: string) => ({
      meter: "seats",
      window: formatInstant(window),
      dimensions: {},
      quantity,
    });
    const at = (n: number) => testStart + n * hour;
    const deliveries = [
      [
        requestsLine(at(22), "5"),
        tokens(at(22), "a", "1.5"),
        tokens(at(22), "b", "2"),
        seats(at(22), "3"),
      ],
      [
        requestsLine(at(23), "4"),
        tokens(at(23), "a", "0.5"),
        seats(at(23), "9"),
        seats(at(22), "2"),
      ],
      // A second report of the hour before: sums add up, of a max the greatest counts.
      [requestsLine(at(24), "11"), requestsLine(at(23), "3")],
    ];
    for (const usage of deliveries) await deliver(collector.url, journal, journal.seal({ usage }));
    const early = journal.seal({ usage: [requestsLine(at(-1000), "100")] });
    await deliver(collector.url, journal, early);
    const ask = async (query: string) =>
      (await collector.api("GET", `/usage?from=2026-01-05&to=2026-01-07&${query}`)).body;

    const total = await ask("by=total");
    expect(total.totals).toEqual({ requests: "23", seats: "9", tokens: "4" });
    const days = await ask("by=day&meter=requests");
    expect(days.rows).toEqual([
      {
        at: "2026-01-05T00:00:00Z",
        customer: "customer-of-acme",
        meter: "requests",
        quantity: "12",
      },
      {
        at: "2026-01-06T00:00:00Z",
        customer: "customer-of-acme",
        meter: "requests",
        quantity: "11",
      },
    ]);
    const hours = await ask("by=hour&meter=seats");
    expect(hours.rows.map(({ quantity }: { quantity: string }) => quantity)).toEqual(["3", "9"]);
    const models = await ask("by=total&meter=tokens&dimension=model");
    expect(models.rows).toMatchObject([
      { dimensions: { model: "a" }, quantity: "2" },
      { dimensions: { model: "b" }, quantity: "2" },
    ]);
    expect(total.unbilled).toMatchObject([
      { meter: "requests", quantity: "23", reason: "no contract runs" },
      { meter: "seats" },
      { meter: "tokens" },
    ]);
    const held = await collector.api("GET", "/usage?from=2025-11-01&to=2026-01-01&by=total");
    expect(held.body.totals).toEqual({});
    expect(held.body.quarantined).toMatchObject([
      { meter: "requests", quantity: "100", code: "window_before_enrolment", installation: "acme" },
    ]);
  });

  test("of a many-customer installation is routed by subject and date", async () => {
    const collector = await startTestCollector();
    const api = collector.api;
    for (const id of ["host", "one", "two"]) await api("POST", "/customers", { id, name: id });
    const made = await api("POST", "/installations", {
      id: "saas",
      customer: "host",
      enrolled: "2026-01-01T00:00:00Z",
      subject_routing: true,
    });
    for (const [subject, customer, from] of [
      ["s1", "one", "2026-01-05T00:00:00Z"],
      ["s1", "two", "2026-01-05T02:00:00Z"],
      ["s2", "two", "2026-01-05T00:00:00Z"],
    ]) {
      await api("POST", "/installations/saas/assignments", { subject, customer, from });
    }
    const key = made.body.environment.TELEMETRY_HMAC_KEY;
    const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
    collector.clock.moveTo(testStart + 10 * hour);
    const line = (n: number, subject: string | null, quantity: string) => ({
      ...requestsLine(testStart + n * hour, quantity),
      dimensions: subject === null ? {} : { subject },
    });
    const usage = [
      line(1, "s1", "1"),
      line(2, "s1", "2"),
      line(1, "s2", "4"),
      line(1, "nobody", "8"),
      line(1, null, "16"),
    ];
    await deliver(collector.url, journal, journal.seal({ usage }));
    const { body } = await api("GET", "/usage?from=2026-01-05&to=2026-01-06&by=total");
    expect(body.rows.map(({ customer, quantity }: any) => [customer, quantity])).toEqual([
      ["host", "16"],
      ["one", "1"],
      ["two", "6"],
      [null, "8"],
    ]);
    const lost = body.unbilled.find(({ customer }: { customer: null }) => customer === null);
    expect(lost).toMatchObject({
      quantity: "8",
      reason: "it belongs to no customer: subject nobody",
    });
  });
});

describe("the fleet", () => {
  test("goes from never reported over reporting and late to offline, and back", async () => {
    const collector = await startTestCollector();
    const key = await collector.enrol("acme");
    const journal = openTestJournal({ key, journal: testJournalId(1), start: testStart });
    const moveTo = (now: number) =>
      fetch(`${collector.url}/dev/clock`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${collector.token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ now: formatInstant(now) }),
      });
    const item = async () => (await collector.api("GET", "/fleet")).body.items[0];
    expect(await item()).toMatchObject({ state: "never_reported", last_covered: null });
    await moveTo(testStart + hour);
    await deliver(collector.url, journal, journal.seal());
    expect(await item()).toMatchObject({
      state: "reporting",
      last_covered: "2026-01-05T01:00:00Z",
      silent_seconds: 0,
      journals: { expected: 1, dead: 0 },
      agent_version: "1.0.0",
    });
    await moveTo(testStart + 4 * hour + 1);
    expect(await item()).toMatchObject({ state: "late", silent_seconds: 3 * hour + 1 });
    await moveTo(testStart + 73 * hour);
    expect(await item()).toMatchObject({ state: "late" });
    await moveTo(testStart + 73 * hour + 1);
    expect(await item()).toMatchObject({ state: "offline", journals: { expected: 1, dead: 1 } });
    await deliver(collector.url, journal, journal.seal({ hours: 72 }));
    expect(await item()).toMatchObject({ state: "reporting" });
  });

  test("a journal that died stays visible behind one that lives, until it is retired", async () => {
    const collector = await startTestCollector();
    const key = await collector.enrol("acme");
    const [a, b] = [1, 2].map((number) =>
      openTestJournal({ key, journal: testJournalId(number), start: testStart, seed: number }),
    ) as [ReturnType<typeof openTestJournal>, ReturnType<typeof openTestJournal>];
    collector.clock.moveTo(testStart + 100 * hour);
    await deliver(collector.url, a, a.seal({ hours: 100 }));
    await deliver(collector.url, b, b.seal());
    const item = async () => (await collector.api("GET", "/fleet")).body.items[0];
    const told = await askState(collector.url, a, collector.clock.now());
    expect(await item()).toMatchObject({
      last_covered: "2026-01-05T01:00:00Z",
      journals: { expected: 2 },
    });
    const retired = await collector.api(
      "POST",
      `/installations/acme/journals/${b.journal}/retire`,
      { at: "2026-01-05T01:00:00Z", reason: "its disk died" },
    );
    expect(retired.body).toMatchObject({ expected: false, retired_reason: "its disk died" });
    expect(await item()).toMatchObject({
      state: "reporting",
      last_covered: "2026-01-09T04:00:00Z",
      journals: { expected: 1, dead: 0 },
    });
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const more: string = cursor && `&cursor=${cursor}`;
      const { body } = await collector.api("GET", `/installations/acme/journals?limit=1${more}`);
      seen.push(...body.items.map((one: any) => `${one.journal} ${one.expected}`));
      cursor = body.next;
    }
    expect(seen.toSorted()).toEqual([`${a.journal} true`, `${b.journal} false`]);
    // The agent is hinted that there is a newer state: what is proven, and when billing falls back, has moved.
    const tells = await askState(collector.url, a, collector.clock.now());
    expect(tells.covered_through).not.toBe(told.covered_through);
    expect(tells.revision).not.toBe(told.revision);
    const back = await collector.api("POST", `/installations/acme/journals/${b.journal}/retire`, {
      at: null,
      reason: "it lives after all",
    });
    expect(back.body).toMatchObject({ expected: true, retired_at: null, retired_reason: null });
    expect(await item()).toMatchObject({ journals: { expected: 2 } });
  });
});
