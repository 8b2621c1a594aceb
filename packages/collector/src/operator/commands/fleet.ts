/** `submeter fleet`: who reports, who is late, and when the fallback begins for whom. */

import { apiPath } from "../api-client.ts";
import { defineCommand } from "../command.ts";
import { limitFlag, limitOption } from "../input/limit-flag.ts";
import { moreText, paragraphs } from "../text/page.ts";
import { type FleetCounts, type FleetItem, fleetText, order } from "./fleet-text.ts";
import { showInstallationHours } from "./fleet/show.ts";

const living = order.filter((state) => state !== "retired");

export const showFleet = defineCommand({
  words: "fleet",
  describe: "Show who reports, who is late, and when the fallback begins",
  options: (program) =>
    // Its own options, not those of the command below it.
    program
      .option("customer", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "only this customer",
      })
      .option("state", {
        choices: order,
        global: false,
        describe: "only in this state",
      })
      .option("search", {
        type: "string",
        requiresArg: true,
        global: false,
        describe: "only names with this in them",
      })
      .option("all", {
        type: "boolean",
        default: false,
        global: false,
        describe: "retired installations too",
      })
      .option("limit", {
        ...limitOption,
        global: false,
        describe: "how many, the troubled first; or all (50 on a screen, all as JSON)",
      }),
  below: [showInstallationHours],
  run: async ({ api, audience }, { customer, state, search, all, limit }) => {
    const asked = state ?? (all ? undefined : living.join(","));
    const query = { customer, search, state: asked };
    const most = limitFlag(limit, audience);
    const fleet = await api.list<FleetItem>(apiPath("fleet"), query, most);
    const { counts, counted_at } = fleet as typeof fleet & Counted;
    return {
      json: fleet,
      text: (page) =>
        paragraphs(
          fleetText(page, fleet.items, counts && shownCounts(counts, { state, all }), counted_at),
          moreText(page, fleet.next),
        ),
    };
  },
});

/** What the first page says of the whole fleet. */
type Counted = { readonly counts?: FleetCounts; readonly counted_at?: string | null };

function shownCounts(
  counts: FleetCounts,
  asked: { state: string | undefined; all: boolean },
): FleetCounts {
  if (asked.all || asked.state === "retired") return counts;
  const { retired: _, ...others } = counts;
  return others;
}
