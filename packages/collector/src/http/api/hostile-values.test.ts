/** Whatever stands in a path, a query, a cursor or a body: it is refused or means nothing, and breaks nothing. Made from the API's document. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilEnd } from "../../collector.fixture.ts";
import { bothCustomers, inhabit, type Inhabited } from "./two-customers.fixture.ts";

type Schema = {
  type?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  "x-names"?: string;
};
type Operation = {
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
};
type Place = { in: "path" | "query" | "body"; name: string };
type Described = { method: string; path: string; operation: Operation };

const { atEnd, end } = untilEnd();
let inhabited: Inhabited;
let operations: Described[];
let webhook: string;
beforeAll(async () => {
  inhabited = await inhabit(atEnd);
  const url = "http://127.0.0.1:9/";
  webhook = (await inhabited.collector.api("POST", "/webhooks", { url })).body.webhook.id;
  const answer = await fetch(`${inhabited.collector.url}/api/v1/openapi.json`);
  const document = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
});
afterAll(end);

const [own] = bothCustomers;
const hostile = [
  "a\0b",
  "'",
  "-1",
  "99999999999999999999",
  "0000-01-01T00:00:00+23:59",
  "9999-12-31",
];
/** A lone surrogate is an escape of JSON: no address can say it. */
const hostileInBody = [...hostile, "\ud800", "𝔘".repeat(60)];
const hostilePlaces: unknown[] = [
  ["\0"],
  ["a"],
  [1],
  [1e300, "a"],
  [0, "\0"],
  ["a", 1],
  [0, "a", "no-uuid", 0, "a"],
  [0, "a", "00000000-0000-4000-8000-000000000001", 9e15, "a"],
  ["a", "00000000-0000-4000-8000-000000000001", 4e9],
  [null],
  [[]],
  {},
];
const cursors = [
  "abc",
  ...hostilePlaces.map((place) => Buffer.from(JSON.stringify(place)).toString("base64url")),
];

function valueOf(name: string, schema: Schema): unknown {
  const named =
    schema["x-names"] === undefined ? undefined : inhabited.ids[own]?.[schema["x-names"]];
  if (named !== undefined) return named;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.type === "array") return [];
  if (schema.type === "object") return {};
  if (schema.type === "integer") return 1;
  if (schema.type === "boolean") return false;
  return /^(from|to|at|enrolled|expires)$/.test(name) ? "2026-01-06" : "1";
}

/** With `value` in one place, and in the others what fits. */
async function ask({ method, path, operation }: Described, place: Place, value: string) {
  let url = path;
  const query = new URLSearchParams();
  for (const { in: where, name, required, schema } of operation.parameters ?? []) {
    const isPlace = place.in === where && place.name === name;
    const isGiven = isPlace || required === true || /^(from|to|customer)$/.test(name);
    if (where === "header" || (where === "query" && !isGiven)) continue;
    const fits = path.includes("/webhooks/") && name === "id" ? webhook : valueOf(name, schema);
    const text = isPlace ? value : String(fits);
    if (where === "path") url = url.replace(`{${name}}`, encodeURIComponent(text));
    else query.set(name, text);
  }
  const schema = operation.requestBody?.content["application/json"]?.schema;
  const body = Object.fromEntries(
    Object.entries(schema?.properties ?? {}).flatMap(([name, member]) => {
      if (place.in === "body" && place.name === name) return [[name, value]];
      return schema?.required?.includes(name) === true ? [[name, valueOf(name, member)]] : [];
    }),
  );
  const answer = await fetch(`${inhabited.collector.url}${url}?${query.toString()}`, {
    method,
    headers: {
      authorization: `Bearer ${inhabited.collector.token}`,
      ...(method !== "GET" && { "content-type": "application/json" }),
    },
    ...(method !== "GET" && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

function placesOf({ operation }: Described): Place[] {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  return [
    ...(operation.parameters ?? [])
      .filter(({ in: where, name }) => where !== "header" && name !== "cursor")
      .map(({ in: where, name }) => ({ in: where as Place["in"], name })),
    ...Object.entries(schema?.properties ?? {})
      .filter(([, { type }]) => type === "string")
      .map(([name]) => ({ in: "body" as const, name })),
  ];
}

describe("a value that nobody expects", () => {
  test("in whatever place of whatever operation is never the collector's failure", async () => {
    const failed: unknown[] = [];
    let tried = 0;
    for (const described of operations) {
      for (const place of placesOf(described)) {
        const values = place.in === "body" ? hostileInBody : hostile;
        tried += values.length;
        const answers = await Promise.all(values.map((value) => ask(described, place, value)));
        for (const [index, { status, text }] of answers.entries()) {
          if (status < 500) continue;
          const { method, path } = described;
          failed.push({ what: `${method} ${path}`, ...place, value: values[index], status, text });
        }
      }
    }
    expect(failed).toEqual([]);
    expect(tried).toBeGreaterThan(1000);
  });

  test("as a cursor is refused, or is a place of that list", async () => {
    const lists = operations.filter(({ operation }) =>
      operation.parameters?.some(({ name }) => name === "cursor"),
    );
    const failed: unknown[] = [];
    for (const described of lists) {
      let refused = 0;
      for (const cursor of cursors) {
        const { status, text } = await ask(described, { in: "query", name: "cursor" }, cursor);
        const isRefusal = status === 400 && text.includes("cursor_malformed");
        if (isRefusal) refused += 1;
        if (!isRefusal && status !== 200)
          failed.push({ path: described.path, cursor, status, text });
      }
      // Of any list at least these are none: what is no JSON, and what begins with null or a list.
      expect({ path: described.path, few: refused < 5 }).toEqual({
        path: described.path,
        few: false,
      });
    }
    expect(failed).toEqual([]);
    expect(lists.length).toBeGreaterThan(15);
  });

  test("leaves every list readable", async () => {
    const unreadable: unknown[] = [];
    for (const described of operations) {
      if (described.method !== "GET" || described.path.includes("{")) continue;
      const { status, text } = await ask(described, { in: "query", name: "limit" }, "1000");
      const isOwn = status === 400 && /request_invalid|customer_missing/.test(text);
      if (status !== 200 && !isOwn) unreadable.push({ path: described.path, status, text });
    }
    expect(unreadable).toEqual([]);
  });
});
