/** The collector as a process: what it says, how it ends, what outlives a SIGKILL. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startEmbeddedPostgres } from "@submeter/collector/dev/postgres";
import { openDatabase } from "@submeter/collector/store/database";
import {
  askState,
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { type Program, runProgram, startProgram } from "../programs.fixture.ts";
import { enrol, type Ready } from "./running.fixture.ts";

const start = Date.parse("2026-01-05T00:00:00Z") / 1000;
const hour = 3600;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "submeter-collector-"));
  onTestFinished(() =>
    rmSync(made, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  );
  return made;
}

async function startDev(data: string, clock: string): Promise<{ program: Program; ready: Ready }> {
  const args = ["run", "--dev", "--port", "0", "--data", data, "--clock", clock];
  const program = startProgram("collector", args);
  return { program, ready: JSON.parse(await program.line(/^\{"url"/)) as Ready };
}

/** Waits until nothing of the server on this data folder runs any more. */
async function postgresGone(data: string): Promise<void> {
  const pidFile = join(data, "postgres", "data", "postmaster.pid");
  for (let poll = 0; poll < 400 && existsSync(pidFile); poll += 1) await delay(25);
  expect(existsSync(pidFile)).toBe(false);
}

describe("submeter-collector", { timeout: 60_000 }, () => {
  test.each<{ given: string; args: string[]; environment: Record<string, string>; code: string }>([
    { given: "nothing", args: ["run"], environment: {}, code: "database_url_missing" },
    {
      given: "a database and no master key",
      args: ["run"],
      environment: { DATABASE_URL: "postgresql://127.0.0.1:1/x" },
      code: "master_key_missing",
    },
    {
      given: "no word on payments",
      args: ["run"],
      environment: {
        DATABASE_URL: "postgresql://127.0.0.1:1/x",
        SUBMETER_MASTER_KEY: "5a".repeat(32),
      },
      code: "payments_unset",
    },
    {
      given: "half of a certificate",
      args: ["run", "--dev", "--tls-cert", "x"],
      environment: {},
      code: "tls_incomplete",
    },
    {
      given: "--clock without --dev",
      args: ["run", "--clock", "2026-01-01T00:00:00Z"],
      environment: {},
      code: "flag_for_dev_only",
    },
    {
      given: "plain HTTP for everybody",
      args: ["run", "--dev", "--port", "0", "--host", "0.0.0.0"],
      environment: {},
      code: "tls_required",
    },
  ])("started with $given refuses, says what to do, and exits with 2 ($code)", async (row) => {
    const { code, stderr, stdout } = await runProgram("collector", row.args, row.environment);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`(${row.code})`);
    expect(stderr).toContain("→");
  });

  test("init shows the owner's token once, migrate is done once, and SIGTERM drains", async () => {
    const postgres = await startEmbeddedPostgres({ fsync: false });
    onTestFinished(() => postgres.stop());
    const environment = {
      DATABASE_URL: postgres.url,
      SUBMETER_MASTER_KEY: "5a".repeat(32),
      SUBMETER_PAYMENTS: "none",
    };
    const migrated = await runProgram("collector", ["migrate", "--json"], environment);
    expect(JSON.parse(migrated.stdout).applied).toContain("0001-fleet");
    const init = await runProgram("collector", ["init"], environment);
    expect(init.stdout).toMatch(/^sop_[A-Za-z0-9_-]{43}\n$/);
    const again = await runProgram("collector", ["init"], environment);
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain("(already_initialised)");
    const program = startProgram("collector", ["run", "--port", "0"], environment);
    const { url } = JSON.parse(await program.line(/^\{"url"/)) as Ready;
    const headers = { authorization: `Bearer ${init.stdout.trim()}` };
    expect((await fetch(`${url}/api/v1/customers`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await program.end("SIGTERM")).toMatchObject({ code: 0 });
  });

  test.each(["SIGINT", "SIGKILL"] as const)(
    "--dev leaves no process behind after %s",
    async (signal) => {
      const data = folder();
      const { program } = await startDev(data, "2026-01-05T00:00:00Z");
      const pid = Number(
        readFileSync(join(data, "postgres/data/postmaster.pid"), "utf8").split("\n")[0],
      );
      expect(
        execFileSync("ps", ["-o", "pid=", "-p", String(pid)])
          .toString()
          .trim(),
      ).toBe(String(pid));
      await program.end(signal);
      await postgresGone(data);
    },
  );

  test("killed between commit and receipt, it answers the same report with the receipt of that commit", async () => {
    const data = folder();
    const first = await startDev(data, "2026-01-06T00:00:00Z");
    const key = await enrol(first.ready, "acme");
    const journal = openTestJournal({ key, journal: testJournalId(1), start });
    const reports = Array.from({ length: 20 }, (_, index) =>
      journal.seal({ usage: [requestsLine(start + index * hour, "1")] }),
    );
    const database = openDatabase(first.ready.database_url, { connectionsMax: 1 });
    // The row is committed before its receipt leaves: seen there, the process dies at once.
    const offered = Promise.allSettled(
      reports.map((report) => deliver(first.ready.url, journal, report)),
    );
    for (let seen = 0; seen === 0;) {
      const [row] = await database.query<{ count: number }>(
        "select count(*)::int as count from reports",
      );
      seen = row?.count ?? 0;
    }
    await first.program.end("SIGKILL");
    await offered;
    await database.close().catch(() => {});

    const second = await startDev(data, "2026-01-06T00:00:00Z");
    expect(second.ready.token).toBeNull();
    const reopened = openDatabase(second.ready.database_url, { connectionsMax: 1 });
    onTestFinished(() => reopened.close().catch(() => {}));
    const before = await reopened.query<{ sequence: number; receipt: Buffer }>(
      "select sequence, receipt from reports order by sequence",
    );
    expect(before.length).toBeGreaterThan(0);
    const answers = [];
    for (const report of reports) {
      const { body, headers } = await deliver(second.ready.url, journal, report);
      const outcome = headers.get("submeter-outcome");
      answers.push({ sequence: report.report.sequence, receipt: Buffer.from(body), outcome });
    }
    const known = new Set(before.map(({ sequence }) => sequence));
    expect(answers.filter(({ sequence }) => known.has(sequence))).toEqual(
      before.map((stored) => ({ ...stored, outcome: "duplicate" })),
    );
    const state = await askState(second.ready.url, journal, start);
    expect(state.journals).toEqual([{ journal: journal.journal, through: 20 }]);
    const [sum] = await reopened.query("select sum(quantity)::text as sum from usage_hourly");
    expect(sum).toEqual({ sum: "20" });
    await reopened.close();
    await second.program.end("SIGTERM");
    await postgresGone(data);
  });
});
