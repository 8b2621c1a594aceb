/** Bad input: each a clear problem with code and hint, the right status, nothing lost, nothing counted. */

import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";

let world: AgentWorld;
beforeAll(async () => {
  world = await agentWorld();
});
afterAll(() => world.end());

const good = { meter: "tokens", quantity: "1" };

/** fetch would set some of these headers itself. */
function raw(
  headers: Record<string, string>,
  body: string | Buffer,
  o: { method?: string; path?: string } = {},
): Promise<{ status: number; json: { code?: string; hint?: string } | null }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${world.agent.url}${o.path ?? "/v1/usage"}`,
      { method: o.method ?? "POST", headers },
      (response) => {
        let text = "";
        response.on("data", (part: Buffer) => (text += part.toString()));
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            json: text === "" ? null : JSON.parse(text),
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const json = { "content-type": "application/json" };

describe("a single event", () => {
  it.each([
    { given: "malformed JSON", event: "{", status: 400, code: "json_malformed" },
    {
      given: "a duplicate member",
      event: '{"meter":"tokens","quantity":1,"\\u0071uantity":2}',
      status: 400,
      code: "json_duplicate_member",
    },
    { given: "no object", event: "7", status: 400, code: "event_malformed" },
    {
      given: "an unknown meter",
      event: { meter: "nope", quantity: 1 },
      status: 422,
      code: "meter_unknown",
    },
    { given: "no meter", event: { quantity: 1 }, status: 422, code: "meter_unknown" },
    {
      given: "a prototype's name for a meter",
      event: { meter: "__proto__", quantity: 1 },
      status: 422,
      code: "meter_unknown",
    },
    {
      given: "a member that does not exist",
      event: { ...good, dimension: {} },
      status: 422,
      code: "member_unknown",
    },
    {
      given: "an undeclared dimension",
      event: { ...good, dimensions: { user: "x" } },
      status: 422,
      code: "dimension_undeclared",
    },
    {
      given: "a value with @",
      event: { meter: "requests", quantity: 1, dimensions: { model: "a@b.c" } },
      status: 422,
      code: "dimension_personal",
    },
    {
      given: "a value that is no text",
      event: { meter: "requests", quantity: 1, dimensions: { model: 1 } },
      status: 422,
      code: "dimension_malformed",
    },
    {
      given: "dimensions that are a list",
      event: { ...good, dimensions: [] },
      status: 422,
      code: "dimension_malformed",
    },
    { given: "no quantity", event: { meter: "tokens" }, status: 422, code: "quantity_malformed" },
    {
      given: "a negative quantity",
      event: { meter: "tokens", quantity: "-1" },
      status: 422,
      code: "quantity_negative",
    },
    {
      given: "a 40-digit quantity",
      event: { meter: "tokens", quantity: "9".repeat(40) },
      status: 422,
      code: "quantity_too_large",
    },
    {
      given: "a 4,000-digit quantity",
      event: { meter: "tokens", quantity: "9".repeat(4000) },
      status: 422,
      code: "quantity_malformed",
    },
    {
      given: "NaN as text",
      event: { meter: "tokens", quantity: "NaN" },
      status: 422,
      code: "quantity_malformed",
    },
    {
      given: "NaN as JSON has it not",
      event: '{"meter":"tokens","quantity":NaN}',
      status: 400,
      code: "json_malformed",
    },
    {
      given: "0.1 as a number",
      event: { meter: "tokens", quantity: 0.1 },
      status: 422,
      code: "quantity_inexact",
    },
    {
      given: "1e21 as a number",
      event: { meter: "tokens", quantity: 1e21 },
      status: 422,
      code: "quantity_inexact",
    },
    {
      given: "an exponent",
      event: { meter: "tokens", quantity: "1e3" },
      status: 422,
      code: "quantity_malformed",
    },
    {
      given: "more decimals than the scale",
      event: { meter: "tokens", quantity: "0.0001" },
      status: 422,
      code: "quantity_scale_exceeded",
    },
    {
      given: "a time that is none",
      event: { ...good, time: "yesterday" },
      status: 422,
      code: "time_malformed",
    },
    {
      given: "a 30 February",
      event: { ...good, time: "2026-02-30T00:00:00Z" },
      status: 422,
      code: "time_malformed",
    },
    {
      given: "a time 15 min 1 s ahead",
      event: { ...good, time: "2026-01-05T10:15:01Z" },
      status: 422,
      code: "time_ahead",
    },
    { given: "an empty id", event: { ...good, id: "" }, status: 422, code: "id_malformed" },
    {
      given: "an id that is a number",
      event: { ...good, id: 7 },
      status: 422,
      code: "id_malformed",
    },
    {
      given: "a long source",
      event: { ...good, source: "s".repeat(257) },
      status: 422,
      code: "source_malformed",
    },
  ])("with $given is answered $status $code", async ({ event, status, code }) => {
    const answer = await send(world.agent, event);
    expect(answer).toMatchObject({
      status,
      json: { status, code, hint: expect.stringMatching(/./) },
    });
    expect(world.agent.status().counting.open_lines).toBe(0);
  });
});

describe("a request", () => {
  it.each([
    {
      given: "from a web page",
      headers: { ...json, origin: "https://evil.example" },
      status: 403,
      code: "origin_refused",
    },
    {
      given: "from a sandboxed page",
      headers: { ...json, origin: "null" },
      status: 403,
      code: "origin_refused",
    },
    {
      given: "under a rebound name",
      headers: { ...json, host: "evil.example" },
      status: 403,
      code: "host_refused",
    },
    {
      given: "as a form sends it",
      headers: { "content-type": "text/plain" },
      status: 415,
      code: "content_type_refused",
    },
    { given: "without a type", headers: {}, status: 415, code: "content_type_refused" },
    {
      given: "with a gzipped body",
      headers: { ...json, "content-encoding": "gzip" },
      status: 415,
      code: "content_encoding_refused",
    },
  ] as { given: string; headers: Record<string, string>; status: number; code: string }[])(
    "$given is answered $status $code",
    async ({ headers, status, code }) => {
      const answer = await raw(headers, JSON.stringify(good));
      expect(answer).toMatchObject({ status, json: { code, hint: expect.stringMatching(/./) } });
    },
  );

  it("for a preflight is never told that it may", async () => {
    const answer = await fetch(`${world.agent.url}/v1/usage`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each(["/v1/flush", "/v1/trust", "/v1/retry", "/v1/retire"])(
    "of a web page to %s changes nothing",
    async (path) => {
      const headers = { ...json, origin: "https://evil.example" };
      expect(await raw(headers, "{}", { path })).toMatchObject({ status: 403 });
      expect(await raw({ "content-type": "text/plain" }, "{}", { path })).toMatchObject({
        status: 415,
      });
      expect(world.agent.status().sealing.final).toBe(false);
    },
  );

  it.each([
    { given: { method: "GET" }, status: 405, code: "method_refused" },
    { given: { method: "PUT" }, status: 405, code: "method_refused" },
    { given: { path: "/v1/flush", method: "GET" }, status: 405, code: "method_refused" },
    { given: { path: "/v2/usage" }, status: 404, code: "path_unknown" },
    { given: { path: "/constructor" }, status: 404, code: "path_unknown" },
  ])("with $given is answered $status", async ({ given, status, code }) => {
    expect(await raw(json, given.method === "GET" ? "" : "{}", given)).toMatchObject({
      status,
      json: { code },
    });
  });

  it("with a 10 MB body, declared or chunked, is answered 413", async () => {
    const body = Buffer.alloc(10_000_000, " ");
    const answers = [
      await raw({ ...json, "content-length": String(body.length) }, body),
      await raw({ ...json, "transfer-encoding": "chunked" }, body),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 413,
        json: { code: "body_too_large", limit_bytes: 1_048_576 },
      });
    }
  });

  it("with a gzip bomb is not inflated", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, "0"));
    const answer = await raw({ ...json, "content-encoding": "gzip" }, bomb);
    expect(answer).toMatchObject({ status: 415, json: { code: "content_encoding_refused" } });
  });

  it("that breaks off counts nothing", async () => {
    const { port } = new URL(world.agent.url);
    const text = JSON.stringify(good);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => {
        socket.write(
          `POST /v1/usage HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${text.length + 5}\r\n\r\n${text}`,
          () => socket.destroy(),
        );
      });
      socket.on("close", () => resolve());
    });
    expect(world.agent.status().counting.open_lines).toBe(0);
  });
});

describe("what is good", () => {
  it("is counted beside what is not, item by item", async () => {
    const other = await agentWorld();
    const answer = await send(other.agent, [
      { meter: "requests", quantity: 1, dimensions: { model: "large" }, id: "a" },
      { meter: "requests", quantity: 0.5 },
      { meter: "requests", quantity: "1", dimensions: { model: "large" }, id: "a" },
      { meter: "requests", quantity: "2", dimensions: { model: "large" }, id: "a" },
      { meter: "requests", quantity: "1", dimensions: { model: "unheard-of" } },
      { meter: "requests", quantity: 1 },
      { meter: "tokens", quantity: "0.50", time: "2020-02-29T23:59:59.9+01:00" },
      { meter: "tokens", quantity: 1, time: "2026-01-05T10:15:00Z" },
      { meter: "tokens", quantity: 1, time: null, id: null, source: null, dimensions: null },
    ]);
    expect(answer).toMatchObject({
      status: 200,
      json: {
        accepted: 6,
        duplicates: 1,
        rejected: [
          { index: 1, code: "quantity_inexact" },
          { index: 3, code: "id_reused" },
        ],
      },
    });
    other.clock.pass(3600);
    other.agent.sealNow();
    await other.agent.deliverNow();
    const lines = other.collector
      .reports()
      .flatMap(({ usage }) =>
        usage.map(({ window, dimensions, quantity }) =>
          [window, dimensions["model"], quantity].join(" "),
        ),
      );
    expect(lines).toEqual([
      "2020-02-29T22:00:00Z  0.5",
      "2026-01-05T10:00:00Z large 1",
      "2026-01-05T10:00:00Z other 1",
      "2026-01-05T10:00:00Z small 1",
      "2026-01-05T10:00:00Z  2",
    ]);
    await other.end();
  });

  it("as a single event is answered 204, its retry 200, its namesake 409", async () => {
    const other = await agentWorld();
    const event = { ...good, id: "once" };
    expect((await send(other.agent, event)).status).toBe(204);
    expect(await send(other.agent, event)).toEqual({
      status: 200,
      json: { accepted: 0, duplicates: 1, rejected: [] },
    });
    expect(await send(other.agent, { ...event, quantity: "2" })).toMatchObject({
      status: 409,
      json: { code: "id_reused" },
    });
    await other.end();
  });
});
