/** `submeter usage`: what was counted; what is adjusted, held, unbilled or unknown stands apart, never inside. */

import { formatInstant, hourFloor, secondsPerHour } from "@submeter/shared/time/instant";

import { apiPath } from "../api-client.ts";
import { type Desk, defineCommand } from "../command.ts";
import { instantFlag } from "../input/instant-flag.ts";
import { adjustUsage } from "./adjustments/adjust.ts";
import { type UsageAnswer, usageText } from "./usage-text.ts";

export const showUsage = defineCommand({
  words: "usage",
  describe: "Show counted usage by hour, day or in total",
  options: (program) =>
    // Its own options, not those of the command below it.
    program
      .option("from", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "first instant; the running month's start when absent",
      })
      .option("to", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "end, not included; the end of the running hour when absent",
      })
      .option("customer", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "only this customer",
      })
      .option("installation", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "only this installation",
      })
      .option("meter", { type: "string", requiresArg: true, describe: "only this meter" })
      .option("by", {
        choices: ["hour", "day", "total"] as const,
        default: "day" as const,
        global: false,
        describe: "one row for each",
      })
      .option("dimension", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "break each meter down by this dimension, such as model",
      }),
  below: [adjustUsage],
  run: async (desk, flags) => {
    const query = {
      ...(await span(desk, flags)),
      customer: flags.customer,
      installation: flags.installation,
      meter: flags.meter,
      by: flags.by,
      group: flags.dimension === undefined ? "meter" : "dimensions",
      dimension: flags.dimension,
    };
    const usage = await desk.api.get<UsageAnswer>(apiPath("usage"), query);
    return { json: usage, text: (page) => usageText(page, { usage, query }) };
  },
});

/** Without flags: the running month, up to the end of the running hour. */
async function span(desk: Desk, flags: { from?: string | undefined; to?: string | undefined }) {
  const from = flags.from ?? `${formatInstant(await desk.now()).slice(0, 7)}-01`;
  return {
    from: await instantFlag("from", from, desk.now),
    to:
      flags.to === undefined
        ? formatInstant(hourFloor(await desk.now()) + secondsPerHour)
        : await instantFlag("to", flags.to, desk.now),
  };
}
