/** An answer that got lost is asked for again; a write under the key of the first attempt, so that it is done once. */

import { describe, expect, test } from "vitest";

import { runAgainst } from "./operator-session.fixture.ts";
import { acme } from "./sample-answers.fixture.ts";
import type { Script } from "./scripted-collector.fixture.ts";

const add = ["customers", "add", "acme", "--name", "Acme"];
const path = "POST /api/v1/customers";
const done = { status: 201, json: acme };
const unavailable = {
  status: 503,
  json: { code: "temporarily_unavailable", detail: "d", hint: "h" },
};

describe("a write", () => {
  test.each<[string, Script[string]]>([
    ["whose connection breaks", { hangUp: true }],
    ["that a collector cannot take at the moment", unavailable],
  ])("%s is sent again under the same key", async (_given, first) => {
    const { asked, ...session } = await runAgainst({ [path]: { inTurn: [first, done] } }, add);
    expect(session).toMatchObject({ exitCode: 0, errors: "" });
    expect(asked).toHaveLength(2);
    expect(asked[0]?.key).toMatch(/\w{8}-/);
    expect(asked[1]).toEqual(asked[0]);
  });

  test("that is refused is not sent again", async () => {
    const clash = { status: 409, json: { code: "customer_exists", detail: "d", hint: "h" } };
    const { asked, ...session } = await runAgainst({ [path]: clash }, add);
    expect(session.exitCode).toBe(1);
    expect(asked).toHaveLength(1);
  });

  test("is given up after three attempts, with what to do", async () => {
    const { asked, ...session } = await runAgainst({ [path]: { hangUp: true } }, add);
    expect(asked).toHaveLength(3);
    expect(session.errors).toContain("(connection_lost)");
  });

  test("and the next one have keys of their own; a read has none", async () => {
    const keys = [];
    for (const words of [add, add, ["customers", "list"]]) {
      const script = { [path]: done, "GET /api/v1/customers": { json: { items: [], next: null } } };
      keys.push((await runAgainst(script, words)).asked.at(-1)?.key);
    }
    expect(keys[0]).not.toBe(keys[1]);
    expect(keys[2]).toBeUndefined();
  });
});
