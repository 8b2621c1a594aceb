/** The minute's jobs: each runs what is due, once for all replicas, whatever their number. */

import { Logger as WorkerLogger, type LogLevel, run } from "graphile-worker";
import type { BillingContext } from "./billing-context.ts";
import { runDueWork } from "./scheduled.ts";

const billingTask = "billing_due_work";

/**
 * Every minute, each in a queue of its own: a run that takes longer is not overtaken, and keeps no other job waiting.
 * `more`: by name, beside billing. Needs a direct connection: jobs wait by LISTEN, which a transaction pooler does not
 * pass on.
 */
export async function startBillingJobs(
  context: BillingContext,
  databaseUrl: string,
  more: Readonly<Record<string, () => Promise<void>>> = {},
): Promise<{ stop(): Promise<void> }> {
  const tasks: Record<string, () => Promise<void>> = {
    [billingTask]: async () => void (await runDueWork(context, { patient: true })),
    ...more,
  };
  const runner = await run({
    connectionString: databaseUrl,
    crontab: Object.keys(tasks).map(everyMinute).join("\n"),
    taskList: tasks,
    concurrency: Object.keys(tasks).length,
    // The program drains by itself when it is told to stop.
    noHandleSignals: true,
    logger: workerLogger(context),
  });
  return { stop: () => runner.stop() };
}

function everyMinute(task: string): string {
  return `* * * * * ${task} ?queue=${task}&jobKey=${task}&jobKeyMode=preserve_run_at&max=1`;
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
