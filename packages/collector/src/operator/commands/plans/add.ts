/** `submeter plans add`: a price document, checked, then unchangeable. */

import { apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { readDocument } from "../../input/read-document.ts";
import type { StoredPlan } from "./plan.ts";

export const addPlan = defineCommand({
  words: "add <file>",
  describe: "Check a plan document and add it; a version never changes afterwards",
  options: (program) =>
    program.positional("file", {
      type: "string",
      demandOption: true,
      describe: "the plan as JSON; - reads standard input",
    }),
  run: async (desk, { file }) => {
    const plan = await desk.api.post<StoredPlan>(apiPath("plans"), await readDocument(desk, file));
    return {
      json: plan,
      text: (page) =>
        [
          `${page.paint.good("✓")} plan ${plan.id}@${plan.version} is in the book; it never changes, a new price is a new version.`,
          page.paint.faint(
            `→ submeter contracts set --customer acme --plan ${plan.id}@${plan.version} --from 2026-01-01 --dry-run`,
          ),
        ].join("\n"),
    };
  },
});
