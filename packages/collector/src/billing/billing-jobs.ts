/** The minute's jobs: each runs what is due, once for all replicas, whatever their number. */

import { Logger as WorkerLogger, type LogLevel, run } from "graphile-worker";
import { runAlone } from "../store/run-alone.ts";
import type { BillingContext } from "./billing-context.ts";
import { runDueWork } from "./scheduled.ts";

const billingTask = "billing_due_work";

/**
 * Every minute, each alone: a run that takes longer is not overtaken, and keeps no other job waiting. The queue's own
 * locks would outlive a process that was killed by four hours, so that it is PostgreSQL's that decide who runs.
 * `more`: by name, beside billing; `onEnd` hears of each run that was done here. Needs a direct connection: jobs wait by LISTEN, which a transaction pooler does not
 * pass on.
 */
export async function startBillingJobs(
  context: BillingContext,
  databaseUrl: string,
  more: Readonly<Record<string, () => Promise<void>>> = {},
  onEnd: (task: string, outcome: "done" | "failed") => void = () => {},
): Promise<{ stop(): Promise<void> }> {
  const work: Record<string, () => Promise<void>> = {
    [billingTask]: async () => void (await runDueWork(context, { patient: true })),
    ...more,
  };
  const told = (name: string, task: () => Promise<void>) => () =>
    task().then(
      () => onEnd(name, "done"),
      (error: unknown) => {
        onEnd(name, "failed");
        throw error;
      },
    );
  const tasks = Object.entries(work).map(
    ([name, task]) => [name, () => runAlone(databaseUrl, name, told(name, task))] as const,
  );
  const runner = await run({
    connectionString: databaseUrl,
    crontab: Object.keys(work).map(everyMinute).join("\n"),
    taskList: Object.fromEntries(tasks),
    // One that looks in while its predecessor still runs needs a place of its own.
    concurrency: 2 * tasks.length,
    // The program drains by itself when it is told to stop.
    noHandleSignals: true,
    logger: workerLogger(context),
  });
  return { stop: () => runner.stop() };
}

export function everyMinute(task: string): string {
  return `* * * * * ${task} ?jobKey=${task}&jobKeyMode=preserve_run_at&max=1`;
}

function workerLogger({ logger }: BillingContext): WorkerLogger {
  return new WorkerLogger(() => (level: LogLevel, message: string) => {
    switch (level) {
      case "error":
        logger.error({ part: "jobs" }, message);
        break;
      case "warning":
        logger.warn({ part: "jobs" }, message);
        break;
      case "info":
      case "debug":
        logger.debug({ part: "jobs" }, message);
    }
  });
}
