/** What the program does when something is wrong: the code, the next step, the exit code, no secret. */

import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";

import { commandTree } from "./command-tree.ts";
import { golden } from "./golden.fixture.ts";
import { runAgainst, runWords, sessionToken } from "./operator-session.fixture.ts";
import { acme, fleet } from "./sample-answers.fixture.ts";

const misunderstood: { typed: string; says: string }[] = [
  { typed: "customers", says: "a command is missing" },
  { typed: "customers add", says: "a name is missing: submeter customers add <id>" },
  { typed: "customers lits", says: "did you mean list?" },
  { typed: "customers add acme", says: "--name is missing" },
  { typed: "customers add acme --name A --name B", says: "--name is given 2 times" },
  { typed: "fleet --frm x", says: "--frm is not known here" },
  { typed: "usage --by week", says: '--by is "week", but takes one of "hour", "day", "total"' },
  { typed: "usage --from 2026-02-31", says: "is no instant" },
  { typed: "plans show standard@x", says: "names no plan" },
  { typed: "contracts set", says: "there is neither a file nor a customer" },
  { typed: "nonsense", says: "nonsense is not known here" },
];

describe("words that are no command", () => {
  test.each(misunderstood)("submeter $typed", async ({ typed, says }) => {
    const session = await runAgainst({}, typed.split(" "));
    expect(session.errors).toContain(says);
    expect(session.errors).toContain("→");
    expect(session).toMatchObject({ exitCode: 2, out: "", asked: [] });
  });

  test("none at all show the help", async () => {
    const session = await runWords([], { width: 100 });
    expect(session.out).toBe(golden("help", session.out));
    expect(session.exitCode).toBe(0);
  });
});

test("each command says what it takes", async () => {
  const pages: string[] = [];
  for (const words of allWords()) {
    const { out } = await runWords([...words, "--help"], { width: 100 });
    pages.push(`$ submeter ${words.join(" ")} --help\n${out}`);
  }
  const shown = pages.join("\n");
  expect(shown).toBe(golden("help-of-each-command", shown));
});

function allWords(): string[][] {
  return commandTree.flatMap((entry) =>
    "attach" in entry
      ? [[entry.words]]
      : [[entry.noun], ...entry.commands.map((one) => [entry.noun, verbOf(one.words)])],
  );
}

function verbOf(words: string): string {
  return words.split(" ")[0] ?? "";
}

describe("a collector that cannot be asked", () => {
  test("nothing listens: how to start it, how to point to it", async () => {
    const session = await runWords(["fleet"], {
      environment: { SUBMETER_URL: await closedAddress(), SUBMETER_TOKEN: sessionToken },
    });
    expect(session.exitCode).toBe(1);
    expect(session.errors).toContain("(collector_not_running)");
    expect(session.errors).toContain("submeter-collector run");
    expect(session.errors).toContain("SUBMETER_URL");
  });

  test("the answer to a deed got lost: look before repeating", async () => {
    const script = { "POST /api/v1/customers": { hangUp: true as const } };
    const session = await runAgainst(script, ["customers", "add", "acme", "--name", "Acme"]);
    expect(session.errors).toContain("(connection_lost)");
    expect(session.errors).toContain("look whether it was done before you repeat it");
    // Three attempts at one deed: the key lets the collector do it once.
    expect(session.asked).toHaveLength(3);
    expect(new Set(session.asked.map(({ key }) => key)).size).toBe(1);
  });

  test.each([
    { what: "a portal's 200", answer: { text: "<html>Sign in</html>" } },
    { what: "a proxy's 502", answer: { status: 502, text: "Bad gateway" } },
    {
      what: "a redirect, which is not followed",
      answer: { status: 302, text: "", headers: { location: "http://127.0.0.1:1/" } },
    },
  ])("$what is not the collector's word", async ({ answer }) => {
    const session = await runAgainst({ "GET /api/v1/fleet": answer }, ["fleet"]);
    expect(session.errors).toContain("(not_the_collector)");
    expect(session.exitCode).toBe(1);
  });
});

describe("a refusal by the collector", () => {
  const refused = {
    "GET /api/v1/fleet": {
      status: 401,
      json: { code: "token_refused", detail: "the token is not valid", hint: "ask for a new one" },
    },
  };

  test("is told with its code and hint", async () => {
    const session = await runAgainst(refused, ["fleet"]);
    expect(session).toMatchObject({
      exitCode: 1,
      out: "",
      errors: "✗ the token is not valid (token_refused)\n  → ask for a new one\n",
    });
  });

  test("is the problem itself for programs", async () => {
    const session = await runAgainst(refused, ["fleet", "--json"]);
    expect(JSON.parse(session.errors)).toMatchObject({ code: "token_refused" });
    expect(session.exitCode).toBe(1);
  });
});

test("the token goes into the header and nowhere else", async () => {
  const session = await runAgainst({ "GET /api/v1/fleet": { json: { items: [], next: null } } }, [
    "fleet",
  ]);
  expect(session.asked[0]?.authorization).toBe(`Bearer ${sessionToken}`);
  expect(session.out + session.errors).not.toContain(sessionToken);
});

test("a list is read to its last page", async () => {
  const second = { ...acme, id: "second" };
  const session = await runAgainst(
    {
      "GET /api/v1/customers": { json: { items: [acme], next: "after acme" } },
      "GET /api/v1/customers?cursor=after+acme": { json: { items: [second], next: null } },
    },
    ["customers", "list", "--json"],
  );
  expect(JSON.parse(session.out)).toMatchObject({
    items: [{ id: "acme" }, { id: "second" }],
    next: null,
  });
});

test("an id can never reach another route", async () => {
  const session = await runAgainst({}, ["customers", "show", "../fleet?x="]);
  expect(session.asked.map(({ line }) => line)).toContain("GET /api/v1/customers/../fleet?x=");
  expect(session.exitCode).toBe(1);
});

test("colour is for terminals, and the words are the same without it", async () => {
  const script = { "GET /api/v1/fleet": { json: { items: fleet, next: null } } };
  const plain = await runAgainst(script, ["fleet"]);
  const coloured = await runAgainst(script, ["fleet"], { color: true });
  expect(coloured.out).toContain("\u001b[31m✗ offline");
  // oxlint-disable-next-line no-control-regex -- the escape character is what colour is made of
  expect(coloured.out.replaceAll(/\u001b\[[0-9;]*m/g, "")).toBe(plain.out);
});

test("completion prints a script, and completes verbs", async () => {
  const script = await runWords(["completion"]);
  expect(script.out).toContain("complete -o bashdefault");
  const verbs = await runWords(["--get-yargs-completions", "submeter", "invoices", ""]);
  expect(verbs.out.split("\n")).toEqual(expect.arrayContaining(["preview", "replay"]));
});

/** An address of this machine at which nobody listens: a port that was free a moment ago. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${port}`;
}
