/** `submeter plans offer` and `withdraw`: which plans every customer may see and compare. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import type { StoredPlan } from "./plan.ts";

export const offerPlan = offering({
  words: "offer <plan>",
  describe: "Let every customer see a plan",
  offered: true,
  told: "every customer may see it now; it binds nobody.",
});

export const withdrawPlan = offering({
  words: "withdraw <plan>",
  describe: "Let only those see a plan whose contract names it",
  offered: false,
  told: "only customers whose contract names it see it now.",
});

function offering(o: { words: string; describe: string; offered: boolean; told: string }) {
  return defineCommand({
    words: o.words,
    describe: o.describe,
    options: (program) =>
      program.positional("plan", { type: "string", demandOption: true, describe: "its id" }),
    run: async ({ api }, { plan }) => {
      const body = { offered: o.offered };
      const answer = await api.post<StoredPlan>(apiPath("plans", plan, "offer"), body);
      return {
        json: answer,
        text: (page) => `${page.paint.good("✓")} ${answer.id}: ${o.told}`,
      };
    },
  });
}
