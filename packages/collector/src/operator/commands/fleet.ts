/** `submeter fleet`: who reports, who is late, and when the fallback begins for whom. */

import { apiPath } from "../api-client.ts";
import { defineCommand } from "../command.ts";
import { type FleetItem, fleetText } from "./fleet-text.ts";

export const showFleet = defineCommand({
  words: "fleet",
  describe: "Show who reports, who is late, and when the fallback begins",
  options: (program) =>
    program
      .option("customer", { type: "string", requiresArg: true, describe: "only this customer" })
      .option("all", {
        type: "boolean",
        default: false,
        describe: "retired installations too",
      }),
  run: async ({ api }, { customer, all }) => {
    const fleet = await api.list<FleetItem>(apiPath("fleet"), { customer });
    const items = fleet.items.filter(
      (item) =>
        (customer === undefined || item.customer === customer) && (all || item.state !== "retired"),
    );
    return { json: { ...fleet, items }, text: (page) => fleetText(page, items) };
  },
});
