import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseCrontab } from "graphile-worker";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Database } from "../store/database.ts";
import { everyMinute, startBillingJobs } from "./billing-jobs.ts";
import {
  agree,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";

const patience = { timeout: 20_000, interval: 50 };
let life: Life;
beforeEach(async () => {
  life = await freshLife("2026-02-02T00:00:00Z");
});
afterEach(() => life.close());

/** As the crontab does at the full minute. */
async function fullMinute(database: Database, task: string): Promise<void> {
  const [item] = parseCrontab(everyMinute(task));
  const { queueName = null, maxAttempts, jobKey, jobKeyMode } = item?.options ?? {};
  await database.query(
    `select graphile_worker.add_job($1, queue_name := $2, max_attempts := $3::int, job_key := $4, job_key_mode := $5)`,
    [task, queueName, maxAttempts, jobKey, jobKeyMode],
  );
}

it("the minute's job closes what is due, and stops when it is told to", async () => {
  const jobs = await startBillingJobs(life.context, life.database.url);
  try {
    await agree(life, contractOf("acme"));
    await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
    await report(life, newJournal("acme-eu"), {
      from: "2026-01-01T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 250_000,
    });
    await fullMinute(life.database, "billing_due_work");
    await vi.waitFor(async () => {
      const rows = await life.database.query("select id from invoices");
      expect(rows).toEqual([{ id: "inv_acme_20260101T00_1" }]);
    }, patience);
  } finally {
    await jobs.stop();
  }
});

it("a job whose process was killed with it in hand is done by another at the next minute", async () => {
  const script = fileURLToPath(new URL("endless-job.fixture.ts", import.meta.url));
  const dying = spawn(process.execPath, [script, life.database.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(dying, "exit");
  try {
    for await (const line of createInterface(dying.stdout)) {
      if (line === "in hand") break;
      await fullMinute(life.database, "endless");
    }
  } finally {
    dying.kill("SIGKILL");
    await gone;
  }
  const ended: string[] = [];
  const endless = async () => {};
  const jobs = await startBillingJobs(
    life.context,
    life.database.url,
    { endless },
    (task, outcome) => ended.push(`${task} ${outcome}`),
  );
  try {
    await fullMinute(life.database, "endless");
    await vi.waitFor(() => expect(ended).toEqual(["endless done"]), patience);
  } finally {
    await jobs.stop();
  }
});

it("a job that takes longer than a minute is not overtaken, by whatever replica", async () => {
  const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let [running, most] = [0, 0];
  const slow = async () => {
    running += 1;
    most = Math.max(most, running);
    begun.resolve();
    await finish.promise;
    running -= 1;
  };
  const start = () => startBillingJobs(life.context, life.database.url, { slow });
  const replicas = [await start(), await start()];
  try {
    await fullMinute(life.database, "slow");
    await begun.promise;
    for (let minute = 0; minute < 3; minute += 1) {
      await fullMinute(life.database, "slow");
      // It was looked at and let go: only the one in hand is left.
      await vi.waitFor(async () => {
        const left = await life.database.query(
          "select key from graphile_worker.jobs where task_identifier = 'slow'",
        );
        expect(left).toHaveLength(1);
      }, patience);
    }
    expect(most).toBe(1);
  } finally {
    finish.resolve();
    for (const replica of replicas) await replica.stop();
  }
});
