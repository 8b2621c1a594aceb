/** A connection pooler in transaction mode between the collector and its PostgreSQL; scheduled work goes past it. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { serverUser } from "@submeter/collector/dev/postgres-binaries";
import {
  deliver,
  openTestJournal,
  requestsLine,
  testJournalId,
} from "../../packages/collector/src/ingest/agent.fixture.ts";
import { prepareGrounds, startCollectorProcess } from "./fleet.fixture.ts";
import { enrol } from "./running.fixture.ts";

const pooler = "/usr/sbin/pgbouncer";
const present = spawnSync(pooler, ["--version"]).status === 0;
if (!present) {
  console.warn(
    `SKIPPED, NOT PROVEN HERE: there is no ${pooler}, so a pooler in transaction mode was not tried`,
  );
}

test.skipIf(!present)(
  "a collector behind pgbouncer records, and listens for scheduled work on its direct connection",
  async () => {
    const { server, database, token } = await prepareGrounds({ fsync: false });
    // As another role, so that it can be seen who came which way; and fewer than the collector opens, so that they are shared.
    await database.query("create role pooled superuser login password 'pooled'");
    const through = Object.assign(new URL(server.url), { username: "pooled", password: "pooled" });
    const pooledUrl = await startPooler(through.href, 3);
    const { url } = await startCollectorProcess({
      DATABASE_URL: pooledUrl,
      DATABASE_DIRECT_URL: server.url,
    });
    const hour = 3600;
    const start = Math.floor(Date.now() / 1000 / hour - 10) * hour;
    const ready = { url, token, database_url: server.url, stripe_double_url: "" };
    const names = Array.from({ length: 12 }, (_, index) => `site-${index}`);
    await Promise.all(
      names.map(async (name, index) => {
        const key = await enrol(ready, name);
        const journal = openTestJournal({ key, journal: testJournalId(index), start });
        for (let report = 0; report < 5; report += 1) {
          const sealed = journal.seal({ usage: [requestsLine(start + report * hour, "7")] });
          const first = await deliver(url, journal, sealed);
          const again = await deliver(url, journal, sealed);
          expect(Buffer.from(again.body)).toEqual(Buffer.from(first.body));
        }
      }),
    );
    const sums = await database.query("select trim_scale(sum(quantity)) as sum from usage_hourly");
    expect(sums).toEqual([{ sum: String(12 * 5 * 7) }]);
    const pooled = await database.query("select from pg_stat_activity where usename = 'pooled'");
    expect(pooled.length).toBeGreaterThan(0);
    expect(pooled.length).toBeLessThanOrEqual(3);
    await vi.waitFor(async () => {
      const listening = await database.query(
        "select distinct usename from pg_stat_activity where query ilike 'listen %'",
      );
      expect(listening).toEqual([{ usename: username(server.url) }]);
    });
  },
);

function username(url: string): string {
  return new URL(url).username;
}

/** Answers the URL that leads through it. */
async function startPooler(direct: string, connectionsMax: number): Promise<string> {
  const { hostname, port, username, password } = new URL(direct);
  const folder = mkdtempSync(join(tmpdir(), "submeter-pooler-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const listen = await freePort();
  const settings = [
    "[databases]",
    `* = host=${hostname} port=${port}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${listen}`,
    "unix_socket_dir =",
    "auth_type = plain",
    `auth_file = ${folder}/users`,
    "pool_mode = transaction",
    `default_pool_size = ${connectionsMax}`,
    "max_client_conn = 200",
  ];
  writeFileSync(join(folder, "settings"), `${settings.join("\n")}\n`);
  writeFileSync(join(folder, "users"), `"${username}" "${password}"\n`);
  const user = await serverUser();
  if (user !== null) {
    chmodSync(folder, 0o755);
    for (const name of ["", "settings", "users"]) chownSync(join(folder, name), user.uid, user.gid);
  }
  const child: ChildProcess = spawn(pooler, [join(folder, "settings")], {
    stdio: ["ignore", "ignore", "pipe"],
    ...user,
  });
  onTestFinished(async () => {
    const gone = once(child, "exit");
    if (child.exitCode === null && child.kill("SIGKILL")) await gone;
  });
  let said = "";
  child.stderr?.on("data", (text: Buffer) => (said += text.toString()));
  await vi.waitFor(() => expect(said).toContain("process up"));
  return Object.assign(new URL(direct), { port: String(listen) }).href;
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const address = holder.address();
  holder.close();
  await once(holder, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
