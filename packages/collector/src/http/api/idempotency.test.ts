import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startTestCollector,
  type TestCollector,
  testStart,
  untilEnd,
} from "../../collector.fixture.ts";
import { tokenDigest } from "../../fleet/secret-token.ts";

const { atEnd, end } = untilEnd();
let collector: TestCollector;
beforeAll(async () => {
  collector = await startTestCollector({ atEnd });
});
afterAll(end);

async function write(
  path: string,
  key: string,
  body: unknown,
  o: { method?: string; token?: string } = {},
) {
  const answer = await fetch(`${collector.url}/api/v1${path}`, {
    method: o.method ?? "POST",
    headers: {
      authorization: `Bearer ${o.token ?? collector.token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
  });
  return {
    status: answer.status,
    replayed: answer.headers.get("idempotency-replayed"),
    retryAfter: answer.headers.get("retry-after"),
    body: (await answer.json()) as Record<string, unknown>,
  };
}

async function count(table: string, where = "true"): Promise<number> {
  const [row] = await collector.database.query<{ n: number }>(
    `select count(*)::int as n from ${table} where ${where}`,
  );
  return row?.n ?? 0;
}

const added = (id: string) => count("audit_log", `subject = 'customer:${id}'`);

describe("a write that is sent again under its Idempotency-Key", () => {
  test("has no second effect and is answered as before, and says so", async () => {
    const customer = { id: "twice", name: "Twice" };
    const first = await write("/customers", "k-1", customer);
    const second = await write("/customers", "k-1", customer);
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(second).toMatchObject({ status: 201, replayed: "true", body: first.body });
    expect(await added("twice")).toBe(1);
  });

  test("with another body is refused, and does nothing", async () => {
    await write("/customers", "k-2", { id: "one", name: "One" });
    const other = await write("/customers", "k-2", { id: "other", name: "Other" });
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
    expect(await count("customers", "id = 'other'")).toBe(0);
  });

  test("by another operator is another write", async () => {
    const token = `sop_${"another".padEnd(43, "x")}`;
    await collector.database.query(
      `insert into operator_tokens (id, name, role, digest, created_at)
       values ('another', 'another', 'owner', $1, to_timestamp($2))`,
      [tokenDigest(token), testStart],
    );
    await write("/customers", "k-3", { id: "mine", name: "Mine" });
    const theirs = await write("/customers", "k-3", { id: "theirs", name: "T" }, { token });
    expect(theirs).toMatchObject({ status: 201, replayed: null });
  });

  test("to another operation is another write", async () => {
    const retire = { at: "2026-01-05T00:00:00Z", reason: "gone" };
    const answer = await write("/installations/nowhere/retire", "k-1", retire);
    expect(answer).toMatchObject({ status: 404 });
  });

  test("ten times at once happens once; whoever waited is answered alike", async () => {
    const customer = { id: "crowd", name: "Crowd" };
    const all = await Promise.all(
      Array.from({ length: 10 }, () => write("/customers", "k-4", customer)),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(all.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(await added("crowd")).toBe(1);
  });

  test("after it was refused is tried anew: a refused write leaves its key free", async () => {
    const installation = { id: "late", customer: "later", enrolled: "2026-01-05T00:00:00Z" };
    expect(await write("/installations", "k-5", installation)).toMatchObject({ status: 404 });
    await write("/customers", "k-6", { id: "later", name: "Later" });
    expect(await write("/installations", "k-5", installation)).toMatchObject({ status: 201 });
  });

  test("after two days is a new write", async () => {
    const customer = { id: "old", name: "Old" };
    await write("/customers", "k-7", customer);
    const { clock } = collector;
    clock.moveTo(clock.now() + 24 * 3600);
    expect(await write("/customers", "k-7", customer)).toMatchObject({ replayed: "true" });
    clock.moveTo(clock.now() + 24 * 3600);
    expect(await write("/customers", "k-7", customer)).toMatchObject({
      status: 409,
      body: { code: "customer_exists" },
    });
    expect(await count("idempotency_keys", "key = 'k-1'")).toBe(0);
  });
});

describe("a secret that is shown once", () => {
  test("is in the first answer alone: the next one says that it was done, and nothing stored holds it", async () => {
    await write("/customers", "s-0", { id: "secret", name: "Secret" });
    const order = { id: "secret-1", customer: "secret", enrolled: "2026-01-05T00:00:00Z" };
    const first = await write("/installations", "s-1", order);
    const key = (first.body["environment"] as Record<string, string>)["TELEMETRY_HMAC_KEY"] ?? "";
    expect(key).toMatch(/^smk_/);
    const second = await write("/installations", "s-1", order);
    expect(second).toMatchObject({
      status: 409,
      body: { code: "secret_shown_once", answer: { installation: { id: "secret-1" } } },
    });
    expect(JSON.stringify(second.body)).not.toContain(key.slice(-40));
    const kept = await collector.database.query<{ answer: string }>(
      "select answer from idempotency_keys where answer is not null",
    );
    expect(kept).toHaveLength(2);
    expect(kept.filter(({ answer }) => answer.includes(key.slice(-40)))).toEqual([]);
    expect(await count("installation_keys", "installation_id = 'secret-1'")).toBe(1);
  });
});

describe("effect and note", () => {
  test("happen together: when the answer cannot be noted, nothing was done", async () => {
    const { database } = collector;
    await database.query(`create function refuse_note() returns trigger language plpgsql as
      $$ begin if new.key = 'broken' then raise exception 'no room'; end if; return new; end $$`);
    await database.query(
      "create trigger refuse_note before update on idempotency_keys for each row execute function refuse_note()",
    );
    const answer = await write("/customers", "broken", { id: "half", name: "Half" });
    expect(answer).toMatchObject({ status: 500, body: { code: "internal_error" } });
    expect(await count("customers", "id = 'half'")).toBe(0);
    expect(await count("idempotency_keys", "key = 'broken'")).toBe(0);
  });
});

describe("a write that takes transactions of its own", () => {
  test("is refused while the first is under way, and taken over when that one never answered", async () => {
    const body = { customer: "secret" };
    const first = await write("/invoices/close", "r-1", body);
    expect(first).toMatchObject({ status: 200, replayed: null });
    expect(await write("/invoices/close", "r-1", body)).toMatchObject({ replayed: "true" });
    // As a process leaves it that dies between effect and answer.
    await collector.database.query(
      "update idempotency_keys set status = null, answer = null where key = 'r-1'",
    );
    const meanwhile = await write("/invoices/close", "r-1", body);
    expect(meanwhile).toMatchObject({ status: 409, body: { code: "idempotency_in_progress" } });
    expect(Number(meanwhile.retryAfter)).toBeGreaterThan(0);
    collector.clock.moveTo(collector.clock.now() + 601);
    expect(await write("/invoices/close", "r-1", body)).toMatchObject({
      status: 200,
      replayed: null,
    });
  });
});
