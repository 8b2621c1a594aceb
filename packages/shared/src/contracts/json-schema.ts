/** The JSON Schemas of plan and contract, for editors and other programs: made from the schemas that check them. */

import { ContractDocument } from "./contract.ts";
import { PlanDocument } from "./plan.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";

export function planJsonSchema(): object {
  return { $schema: dialect, title: "Submeter plan", ...PlanDocument };
}

export function contractJsonSchema(): object {
  return { $schema: dialect, title: "Submeter contract", ...ContractDocument };
}
