/** No secret is written anywhere but where it is shown once: not in logs, errors, answers, the audit log or the database. */

import { describe, expect, onTestFinished, test } from "vitest";
import { openSecret } from "@submeter/collector/fleet/sealed-secrets";
import { freshDatabase } from "@submeter/collector/store/database.fixture";
import {
  deliver,
  openTestJournal,
  postDocument,
  requestsLine,
  testJournalId,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { runProgram, startProgram } from "../programs.fixture.ts";
import type { Ready } from "./running.fixture.ts";

const start = Date.parse("2026-01-05T00:00:00Z") / 1000;
const masterKeys = ["5a", "a5"].map((byte) => Buffer.from(byte.repeat(32), "hex"));
const stripeKey = "sk_test_of_nobody_at_all_0123456789";

/** Each way in which bytes are usually written. */
function spellings(secret: Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  const list = bytes.toJSON().data.join(",");
  return [...(["hex", "base64", "base64url"] as const).map((way) => bytes.toString(way)), list];
}

describe("secrets", { timeout: 60_000 }, () => {
  test("appear in nothing that a busy collector writes at its most talkative", async () => {
    const database = await freshDatabase();
    onTestFinished(() => database.close());
    const environment = {
      DATABASE_URL: database.url,
      SUBMETER_MASTER_KEY: masterKeys[1]?.toString("base64") ?? "",
      SUBMETER_MASTER_KEY_PREVIOUS: masterKeys[0]?.toString("hex") ?? "",
      SUBMETER_PAYMENTS: "stripe",
      STRIPE_SECRET_KEY: stripeKey,
      // Nothing listens there: what fails is written down.
      STRIPE_API_URL: "http://127.0.0.1:9",
      LOG_LEVEL: "trace",
    };
    const written: string[] = [];
    const note = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
      written.push(stdout, stderr);

    const init = await runProgram("collector", ["init"], environment);
    const token = init.stdout.trim();
    written.push(init.stderr);
    note(await runProgram("collector", ["init"], environment));
    const old = { ...environment, SUBMETER_MASTER_KEY: environment.SUBMETER_MASTER_KEY_PREVIOUS };
    const before = startProgram("collector", ["run", "--port", "0"], old);
    await before.line(/^\{"url"/);
    await before.end("SIGTERM");
    note(await before.ended);
    const program = startProgram("collector", ["run", "--port", "0"], environment);
    const { url } = JSON.parse(await program.line(/^\{"url"/)) as Ready;

    const call = async (method: string, path: string, body?: object, as = token) => {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      written.push(JSON.stringify([...answer.headers]));
      return { text, status: answer.status };
    };
    const issued = async (path: string, body: object) => {
      const { text } = await call("POST", path, body);
      const { environment: shown, ...rest } = JSON.parse(text);
      written.push(JSON.stringify(rest));
      return shown.TELEMETRY_HMAC_KEY as string;
    };
    const said = async (method: string, path: string, body?: object, as?: string) =>
      void written.push((await call(method, path, body, as)).text);

    await said("POST", "/customers", { id: "acme", name: "Acme" });
    const first = await issued("/installations", {
      id: "acme",
      customer: "acme",
      enrolled: "2026-01-01T00:00:00Z",
    });
    const second = await issued("/installations/acme/keys", { reason: "yearly" });
    const journal = openTestJournal({ key: first, journal: testJournalId(1), start });
    const after = openTestJournal({ key: second, journal: testJournalId(2), start });
    for (const one of [journal, after]) {
      const sealed = one.seal({ usage: [requestsLine(start, "3")] });
      const { body, headers } = await deliver(url, one, sealed);
      written.push(Buffer.from(body).toString(), JSON.stringify([...headers]));
    }
    const offered = async (headers: Record<string, string>, body: string) => {
      const answer = await postDocument(`${url}/ingest`, { headers, body: Buffer.from(body) });
      written.push(Buffer.from(answer.body).toString());
    };
    const forged = journal.seal();
    await offered({ ...forged.headers, signature: "sub=:AAAA:" }, "{");
    await offered(forged.headers, `${Buffer.from(forged.body).toString()} `);
    await offered({}, "no JSON");
    await said("POST", "/installations/acme/keys/1/revoke", { mode: "removed", reason: "old" });
    await said("POST", "/customers", { id: "acme", name: "Acme" });
    await said("POST", "/customers", { id: "UPPER", extra: true });
    await said("GET", "/customers", undefined, `sop_${"A".repeat(43)}`);
    await said("GET", "/nothing/here");
    for (const path of ["/installations/acme", "/audit", "/audit/chain", "/reports", "/fleet"]) {
      await said("GET", path);
    }
    await said("POST", "/invoices/close", {});
    note(await runProgram("collector", ["rotate-master-key", "--reason", "yearly"], environment));
    note(await runProgram("collector", ["rotate-collector-key", "--reason", "y"], environment));
    const wrong = { ...environment, SUBMETER_MASTER_KEY: "11".repeat(32) };
    note(await runProgram("collector", ["run", "--port", "0"], wrong));
    note(
      await runProgram("collector", ["run", "--port", "0"], {
        ...environment,
        DATABASE_URL: "postgresql://collector:hunter2@127.0.0.1:1/x",
      }),
    );
    // The database goes away under a running collector: what then fails is written down as well.
    await database.query("alter table installation_keys rename to installation_keys_away");
    await said("GET", "/installations/acme");
    await offered(after.seal().headers, "x");
    await database.query("alter table installation_keys_away rename to installation_keys");
    note(program.output());
    expect((await program.end("SIGTERM")).code).toBe(0);
    note(program.output());

    const seeds = await database.query<{ sealed_seed: Buffer; collector: string }>(
      "select sealed_seed, collector from collector_keys, collector_identity",
    );
    expect(seeds).toHaveLength(2);
    const newest = { version: 2, bytes: masterKeys[1] ?? new Uint8Array() };
    const secrets: Record<string, string[]> = {
      "the master key": spellings(masterKeys[1] ?? new Uint8Array()),
      "the master key before": spellings(masterKeys[0] ?? new Uint8Array()),
      "the operator's token": [token, token.slice(4)],
      "the Stripe key": [stripeKey],
      "the database's password": ["hunter2"],
      "a collector's seed": seeds.flatMap((row) =>
        spellings(openSecret(newest, ["collector-key", row.collector], row.sealed_seed)),
      ),
      "an installation's key": [first, second].flatMap((key) => [
        key,
        ...spellings(Buffer.from(key.slice(-49, -6), "base64url")),
      ]),
    };
    written.push(...(await everyRow(database)));
    const text = written.join("\n");
    expect(text).toContain("request failed");
    expect(text.length).toBeGreaterThan(10_000);
    const found = Object.entries(secrets)
      .filter(([, values]) => values.some((value) => text.includes(value)))
      .map(([name]) => name);
    expect(found).toEqual([]);
  });
});

/** All that is stored, as text: bytes as hex, as PostgreSQL writes them. */
async function everyRow(database: Awaited<ReturnType<typeof freshDatabase>>): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await database.query<{ row: string }>(`select t::text as row from "${name}" t`);
    rows.push(...found.map(({ row }) => row));
  }
  return rows;
}
