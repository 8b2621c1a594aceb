/** Whether a contract's periods depend on the ones before them: packs, quotas that roll over, a commitment. */

import type { ContractDocument } from "./contract.ts";
import type { PlanDocument } from "./plan.ts";

/** When false, nothing but usage, plan and contract decides what a period comes to. */
export function carriesState(contract: ContractDocument, plan: PlanDocument): boolean {
  return (
    contract.commitment !== undefined ||
    plan.lines.some((line) => line.kind === "usage" && (line.packs ?? line.rollover) !== undefined)
  );
}
