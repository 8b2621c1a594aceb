/** `submeter webhooks test`, `deliveries` and `redeliver`: whether it arrives, what did not, and once more by hand. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { limitFlag, limitOption } from "../../input/limit-flag.ts";
import { moreText, paragraphs } from "../../text/page.ts";
import { deliveriesText, type Delivery, type DeliveryOutcome, outcomeText } from "./webhook.ts";

export const testWebhook = defineCommand({
  words: "test <id>",
  describe: "Send an event that means nothing, now",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the webhook" }),
  run: async ({ api }, { id }) => {
    const answer = await api.post<DeliveryOutcome>(apiPath("webhooks", id, "test"), {});
    const exitCode = answer.delivered ? 0 : 1;
    return { json: answer, exitCode, text: (page) => outcomeText(page, answer) };
  },
});

export const listDeliveries = defineCommand({
  words: "deliveries <id>",
  describe: "List what was sent to an address, the newest first",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the webhook" })
      .option("status", {
        choices: ["pending", "delivered", "failed"] as const,
        describe: "only in this state",
      })
      .option("limit", limitOption),
  run: async ({ api, audience }, { id, status, limit }) => {
    const path = apiPath("webhooks", id, "deliveries");
    const found = await api.list<Delivery>(path, { status }, limitFlag(limit, audience));
    return {
      json: found,
      text: (page) => paragraphs(deliveriesText(page, id, found.items), moreText(page, found.next)),
    };
  },
});

export const redeliverEvent = defineCommand({
  words: "redeliver <id> <event>",
  describe: "Send an event once more, now",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the webhook" })
      .positional("event", { type: "string", demandOption: true, describe: "the event" }),
  run: async ({ api }, { id, event }) => {
    const path = apiPath("webhooks", id, "deliveries", event, "redeliver");
    const answer = await api.post<DeliveryOutcome>(path, {});
    const exitCode = answer.delivered ? 0 : 1;
    return { json: answer, exitCode, text: (page) => outcomeText(page, answer) };
  },
});
