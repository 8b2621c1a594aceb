/** Everything that a customer's token may ask, asked about somebody else: made from the API's document, so that a new operation is tried by itself. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilEnd } from "../../collector.fixture.ts";
import {
  type DescribedOperation,
  type SampleOperation,
  sampleOperation,
  type Slot,
} from "./sample-request.fixture.ts";
import { bothCustomers, inhabit, type Inhabited } from "./two-customers.fixture.ts";

const { atEnd, end } = untilEnd();
let inhabited: Inhabited;
let operations: SampleOperation[];
beforeAll(async () => {
  inhabited = await inhabit(atEnd);
  const answer = await fetch(`${inhabited.collector.url}/api/v1/openapi.json`);
  const document = (await answer.json()) as {
    paths: Record<string, Record<string, DescribedOperation>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => sampleOperation(method, path, operation)),
  );
});
afterAll(end);

/** Texts that name nobody's things. A new one is either added here or marked with what it names. */
const nameless = new Set([
  "from",
  "to",
  "cycle",
  "period",
  "limit",
  "cursor",
  "expires",
  "version",
  "meter",
  "dimension",
  "reason",
  "name",
]);
/** What a customer calls his own people is his: another's name for one opens nothing. */
const ofNobody = new Set(["member"]);

const [own, other] = bothCustomers;

async function ask(
  operation: SampleOperation,
  as: string,
  valueOf: (slot: Slot) => string,
  key?: string,
) {
  const { url, body } = operation.requestOf(valueOf);
  const answer = await fetch(`${inhabited.collector.url}${url}`, {
    method: operation.method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

function idOf(customer: string, slot: Slot): string {
  const id = inhabited.ids[customer]?.[slot.names];
  if (id === undefined) throw new RangeError(`${customer} has no ${slot.names} to try`);
  return id;
}

/** A digest of everything stored. */
async function stored(): Promise<unknown> {
  const { database } = inhabited.collector;
  const tables = await database.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  const digests: Record<string, unknown> = {};
  for (const { name } of tables) {
    if (name === "availability") continue; // The collector notes by itself that it lives.
    const [row] = await database.query<{ digest: string }>(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${name} t`,
    );
    digests[name] = row?.digest;
  }
  return digests;
}

const forCustomers = () => operations.filter(({ permissions }) => permissions.length > 0);
const nameOf = ({ method, path }: SampleOperation) => `${method} ${path}`;

describe("a customer's token", () => {
  test("may call operations, each of whose places says what it names", () => {
    const unknown = forCustomers().flatMap((operation) =>
      operation.unmarked
        .filter(({ name }) => !nameless.has(name))
        .map(({ in: where, name }) => `${nameOf(operation)}: ${where} ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(forCustomers().length).toBeGreaterThan(14);
  });

  test("gets its own from each of them, and nothing of another's", async () => {
    for (const operation of forCustomers()) {
      const { status, text } = await ask(operation, inhabited.tokens[own] ?? "", (slot) =>
        idOf(own, slot),
      );
      const leaks = text.includes(other);
      expect({ name: nameOf(operation), status, leaks, text: status < 300 ? "" : text }).toEqual({
        name: nameOf(operation),
        status: expect.toSatisfy((code: number) => code === 200 || code === 201) as number,
        leaks: false,
        text: "",
      });
    }
  });

  test("gets 403 or 404 wherever it names what is another's: nothing is told, nothing happens", async () => {
    const before = await stored();
    let tried = 0;
    for (const operation of forCustomers()) {
      for (const slot of operation.slots.filter(({ names }) => !ofNobody.has(names))) {
        tried += 1;
        const { status, text } = await ask(operation, inhabited.tokens[own] ?? "", (one) =>
          idOf(one === slot ? other : own, one),
        );
        // The refusal may repeat the name that was asked for, and must not know more of it.
        const told = text.replaceAll(idOf(other, slot), "").includes(other);
        const what = `${nameOf(operation)}: ${slot.in} ${slot.name}`;
        expect({ what, status, told }).toEqual({
          what,
          status: expect.toSatisfy((code: number) => code === 403 || code === 404) as number,
          told: false,
        });
      }
    }
    expect(tried).toBeGreaterThan(14);
    expect(await stored()).toEqual(before);
  });

  test("hears of what is another's exactly what it hears of what does not exist", async () => {
    for (const operation of forCustomers()) {
      for (const slot of operation.slots.filter(({ names }) => !ofNobody.has(names))) {
        const theirs = idOf(other, slot);
        const nowhere = theirs.replace(/[a-z0-9]/g, (c) => (c === "0" ? "0" : "7"));
        const askFor = async (id: string) => {
          const { status, text } = await ask(operation, inhabited.tokens[own] ?? "", (one) =>
            one === slot ? id : idOf(own, one),
          );
          return { status, text: text.replaceAll(id, "…") };
        };
        if (slot.names === "journal") continue; // A journal is a UUID: another text is none.
        expect(await askFor(theirs)).toEqual(await askFor(nowhere));
      }
    }
  });

  test("gets 403 from every other operation, whatever it names", async () => {
    const before = await stored();
    const rest = operations.filter(({ permissions }) => permissions.length === 0);
    for (const operation of rest) {
      const url = operation.path.replaceAll(/\{[^}]+\}/g, "x");
      const answer = await fetch(`${inhabited.collector.url}${url}`, {
        method: operation.method,
        headers: { authorization: `Bearer ${inhabited.tokens[own]}` },
      });
      expect({ name: nameOf(operation), status: answer.status }).toEqual({
        name: nameOf(operation),
        status: 403,
      });
    }
    expect(rest.length).toBeGreaterThan(20);
    expect(await stored()).toEqual(before);
  });
});

describe("an Idempotency-Key", () => {
  test("of one customer replays nothing to another", async () => {
    const add = operations.find(
      ({ method, path }) => method === "POST" && path.endsWith("customer}/tokens"),
    );
    if (add === undefined) throw new RangeError("no operation makes customers' tokens");
    const ofOwn = await ask(add, inhabited.tokens[own] ?? "", (slot) => idOf(own, slot), "same");
    const ofOther = await ask(
      add,
      inhabited.tokens[other] ?? "",
      (slot) => idOf(other, slot),
      "same",
    );
    expect([ofOwn.status, ofOther.status]).toEqual([201, 201]);
    expect(ofOther.text).not.toContain(own);
  });
});
