/** `submeter usage adjust`: says that more or less was used than was counted; it counts when another approves. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { dimensionsFlag } from "../../input/dimensions-flag.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { proseInstant } from "../../text/time-text.ts";
import { type Adjustment, signedText } from "./adjustment.ts";

export const adjustUsage = defineCommand({
  words: "adjust",
  describe: "Propose to add to, or take from, what was counted",
  options: (program) =>
    program
      .option("customer", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "whose usage",
      })
      .option("meter", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "which meter",
      })
      .option("from", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the first instant (snapped to its hour)",
      })
      .option("to", {
        type: "string",
        requiresArg: true,
        describe: "end, not included; an hour after --from when absent",
      })
      .option("quantity", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "what is added over all of it, or taken off: --quantity=-500",
      })
      .option("dimensions", {
        type: "string",
        requiresArg: true,
        describe: "only usage with these labels, such as model=a,direction=input",
      })
      .option("reason", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "stands on the invoice's line and in the audit log",
      }),
  run: async ({ api, now }, { customer, meter, from, to, quantity, dimensions, reason }) => {
    const start = await instantFlag("from", from, now);
    const end = to === undefined ? hourAfter(start) : await instantFlag("to", to, now);
    const body = {
      customer,
      meter,
      dimensions: dimensionsFlag(dimensions),
      from: start,
      to: end,
      quantity,
      reason,
    };
    const answer = await api.post<Adjustment>(apiPath("usage-adjustments"), body);
    return {
      json: answer,
      text: (page) =>
        [
          `${page.paint.good("✓")} ${answer.id}: ${signedText(answer.quantity)} ${meter} of ${customer}, ${proseInstant(answer.from)} to ${proseInstant(answer.to)}, is proposed.`,
          "It changes nothing until somebody else approves it.",
          page.paint.faint(`→ submeter adjustments approve ${answer.id} --reason …`),
        ].join("\n"),
    };
  },
});

function hourAfter(instant: string): string {
  return new Date(Date.parse(instant) + 3_600_000).toISOString().replace(".000Z", "Z");
}
