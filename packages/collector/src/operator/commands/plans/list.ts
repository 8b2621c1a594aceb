/** `submeter plans list`. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { plansText, type StoredPlan } from "./plan.ts";

export const listPlans = defineCommand({
  words: "list",
  describe: "List plans, each at its newest version",
  options: (program) => program,
  run: async ({ api }) => {
    const plans = await api.list<StoredPlan>(apiPath("plans"));
    return { json: plans, text: (page) => plansText(page, plans.items) };
  },
});
