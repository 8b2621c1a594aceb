/** A process that takes a job in hand, says so, and never ends it: `node endless-job.fixture.ts <database>`. */

import { pino } from "pino";
import type { BillingContext } from "./billing-context.ts";
import { startBillingJobs } from "./billing-jobs.ts";

const [, , url = ""] = process.argv;
const context = { logger: pino({ level: "silent" }) } as BillingContext;
await startBillingJobs(context, url, {
  endless: () => {
    process.stdout.write("in hand\n");
    return new Promise(() => {});
  },
});
process.stdout.write("ready\n");
