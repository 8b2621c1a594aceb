/** `submeter plans show`: what things cost under one version of a plan. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { planReference } from "../../input/plan-reference.ts";
import { planText, type StoredPlan } from "./plan.ts";

export const showPlan = defineCommand({
  words: "show <plan>",
  describe: "Show a plan's lines and prices",
  options: (program) =>
    program.positional("plan", {
      type: "string",
      demandOption: true,
      describe: "ID for its newest version, or ID@VERSION",
    }),
  run: async ({ api }, { plan: text }) => {
    const { id, version } = planReference(text);
    const path = version === null ? apiPath("plans", id) : apiPath("plans", id, String(version));
    const plan = await api.get<StoredPlan>(path);
    return { json: plan, text: (page) => planText(page, plan) };
  },
});
