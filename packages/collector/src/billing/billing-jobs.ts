/** The minute's job: runs what is due, once for all replicas, whatever their number. */

import { Logger as WorkerLogger, type LogLevel, run } from "graphile-worker";
import type { BillingContext } from "./billing-context.ts";
import { runDueWork } from "./scheduled.ts";

const task = "billing_due_work";
/** Every minute; a run that takes longer is not overtaken, because its queue does one at a time. */
const crontab = `* * * * * ${task} ?queue=billing&jobKey=${task}&jobKeyMode=preserve_run_at&max=1`;

/** Needs a direct connection: jobs wait by LISTEN, which a transaction pooler does not pass on. */
export async function startBillingJobs(
  context: BillingContext,
  databaseUrl: string,
): Promise<{ stop(): Promise<void> }> {
  const runner = await run({
    connectionString: databaseUrl,
    crontab,
    taskList: { [task]: async () => void (await runDueWork(context, { patient: true })) },
    concurrency: 1,
    // The program drains by itself when it is told to stop.
    noHandleSignals: true,
    logger: workerLogger(context),
  });
  return { stop: () => runner.stop() };
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
