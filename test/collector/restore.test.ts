/** The drill: a backup under load, another database, agents that notice, totals that are exact, invoices that are found again. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshDatabase } from "@submeter/collector/store/database.fixture";
import { freePort, keepHeadroomInName } from "../agent/processes.fixture.ts";
import { meterFile } from "../agent/agent.fixture.ts";
import { runProgram, startProgram } from "../programs.fixture.ts";
import { enrol, type Ready } from "./running.fixture.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "submeter-restore-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function emptyDatabase() {
  const database = await freshDatabase();
  onTestFinished(() => database.close());
  await database.query("drop schema public cascade");
  await database.query("create schema public");
  return database;
}

describe("backup and restore", { timeout: 90_000 }, () => {
  test("the drill: what the restored collector lost comes back from the agent, and the total is what was acknowledged", async () => {
    const root = folder();
    const first = await freshDatabase();
    onTestFinished(() => first.close());
    const common = { SUBMETER_MASTER_KEY: "5a".repeat(32), SUBMETER_PAYMENTS: "none" };
    const onFirst = { ...common, DATABASE_URL: first.url };
    const token = (await runProgram("collector", ["init"], onFirst)).stdout.trim();
    const port = String(await freePort());
    const serve = async (environment: Record<string, string>) => {
      const program = startProgram("collector", ["run", "--port", port], environment);
      const { url } = JSON.parse(await program.line(/^\{"url"/)) as Ready;
      return { program, ready: { url, token } as Ready };
    };
    const collector = await serve(onFirst);
    const key = await enrol(collector.ready, "acme");
    const meters = join(root, "meters.json");
    writeFileSync(meters, JSON.stringify(meterFile));
    const state = join(root, "state");
    keepHeadroomInName(state);
    const agentUrl = `127.0.0.1:${await freePort()}`;
    const environment = {
      TELEMETRY_ENDPOINT: collector.ready.url,
      TELEMETRY_HMAC_KEY: key,
      SUBMETER_AGENT_STATE: state,
      SUBMETER_AGENT_LISTEN: agentUrl,
      SUBMETER_METERS: meters,
    };
    const agent = startProgram("agent", ["run"], environment);
    await agent.line(/"msg":"counting"/);
    let acknowledged = 0;
    /** Counts so many events, and lets them leave. */
    const report = async (events: number) => {
      for (let event = 0; event < events; event += 1) {
        const answer = await fetch(`http://${agentUrl}/v1/usage`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ meter: "requests", quantity: "3" }),
        });
        if (answer.status === 204) acknowledged += 3;
      }
      const flushed = await runProgram("agent", ["flush"], environment);
      expect(flushed).toMatchObject({ code: 0 });
    };
    await report(5);
    const file = join(root, "collector.backup");
    const [backup] = await Promise.all([
      runProgram("collector", ["backup", "--out", file], onFirst),
      report(5),
    ]);
    expect(backup).toMatchObject({ code: 0, stderr: "" });
    await report(5);
    expect(await collector.program.end("SIGKILL")).toMatchObject({ code: null });

    const second = await emptyDatabase();
    const onSecond = { ...common, DATABASE_URL: second.url };
    const restored = await runProgram("collector", ["restore", file], onSecond);
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    const kept = await sumOf(second);
    expect(Number(kept)).toBeLessThan(acknowledged);
    const again = await serve(onSecond);
    // An agent asks for its state when it starts, and at least once a day.
    await agent.end("SIGTERM");
    const restarted = startProgram("agent", ["run"], environment);
    await restarted.line(/"msg":"counting"/);
    await report(2);
    expect(await sumOf(second)).toBe(String(acknowledged));
    const headers = { authorization: `Bearer ${token}` };
    const audit = await fetch(`${again.ready.url}/api/v1/audit?action=backup`, { headers });
    expect(((await audit.json()) as { items: object[] }).items).toMatchObject([
      { action: "backup.restored", who: "submeter-collector" },
    ]);
    const verified = await runProgram("operator", ["audit", "verify"], {
      SUBMETER_URL: again.ready.url,
      SUBMETER_TOKEN: token,
    });
    expect(verified).toMatchObject({ code: 0 });
    await restarted.end("SIGTERM");
    await again.program.end("SIGTERM");
  });
});

async function sumOf(database: Awaited<ReturnType<typeof freshDatabase>>): Promise<string> {
  const [row] = await database.query<{ sum: string }>(
    "select trim_scale(sum(quantity))::text as sum from usage_hourly",
  );
  return row?.sum ?? "0";
}
