/** What an amendment may not do: rewrite who, when from and in which rhythm is billed, or cut off what was closed. */

import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { termOf } from "@submeter/shared/contracts/contract-terms";
import type { Fault } from "@submeter/shared/contracts/fault";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import type { StoredContract } from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { closedPeriods } from "../store/periods.ts";
import { findPlan } from "../store/plans.ts";
import { periodsOf } from "./agreement.ts";
import { oneFault } from "./faults.ts";
import { anchorOf } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";

type Amendment = {
  readonly contract: ContractDocument;
  readonly plan: PlanDocument;
  /** What is stored, oldest first; empty for a new contract. */
  readonly versions: readonly StoredContract[];
  readonly effective: Instant;
};

export async function amendmentFaults(db: Queryable, amendment: Amendment): Promise<Fault[]> {
  const { contract, versions } = amendment;
  const latest = versions.at(-1);
  const faults = versionFaults(contract, latest?.version ?? 0);
  if (latest === undefined) return faults;
  const before = JSON.parse(latest.document) as ContractDocument;
  const plan = await findPlan(db, latest.plan_id, latest.plan_version);
  return [
    ...faults,
    ...fixedFaults(contract, before),
    ...(plan === null ? [] : feeFaults(amendment.plan, JSON.parse(plan.document) as PlanDocument)),
    ...(await effectiveFaults(db, amendment)),
    ...(await closedFaults(db, contract)),
  ];
}

function versionFaults(contract: ContractDocument, newest: number): Fault[] {
  if (contract.version === newest + 1) return [];
  if (contract.version <= newest) {
    return oneFault(
      "/version",
      "contract_version_exists",
      `version ${contract.version} of the contract is another document already, and stays as it is`,
      `write the amendment as version ${newest + 1}`,
    );
  }
  return oneFault(
    "/version",
    "contract_version_gap",
    newest === 0 ? "a new contract starts with version 1" : `the newest version is ${newest}`,
    `write version ${newest + 1}`,
  );
}

const fixed = [
  ["/customer", (contract: ContractDocument) => contract.customer],
  ["/term/from", (contract: ContractDocument) => contract.term.from],
  ["/cycle", (contract: ContractDocument) => contract.cycle],
] as const;

function fixedFaults(contract: ContractDocument, before: ContractDocument): Fault[] {
  return fixed
    .filter(([, pick]) => canonicalJson(pick(contract)) !== canonicalJson(pick(before)))
    .flatMap(([path]) =>
      oneFault(
        path,
        "contract_member_fixed",
        "an amendment keeps the customer, the start and the cycle: periods that were billed depend on them",
        "end this contract at a period's end and begin another there",
      ),
    );
}

/** The fee in advance of the first amended period stands on the statement before it, which goes by the old version. */
function feeFaults(plan: PlanDocument, before: PlanDocument): Fault[] {
  if (plan.currency !== before.currency) {
    return oneFault(
      "/plan",
      "contract_currency_fixed",
      `the contract is in ${before.currency}, the new plan in ${plan.currency}`,
      "end this contract at a period's end and begin another there",
    );
  }
  if (canonicalJson(inAdvance(plan)) === canonicalJson(inAdvance(before))) return [];
  return oneFault(
    "/plan",
    "contract_fees_in_advance_differ",
    "the new plan has other fees in advance, and those of the next period may be billed already",
    "end this contract at a period's end and begin another there: its first fees are billed when it starts",
  );
}

function inAdvance(plan: PlanDocument): unknown {
  return plan.lines
    .filter((line) => line.kind === "base" && line.timing === "advance")
    .map((line) => (line.kind === "base" ? [line.id, line.amount] : []));
}

async function effectiveFaults(
  db: Queryable,
  { contract, effective }: Amendment,
): Promise<Fault[]> {
  const agreement = await readAgreement(db, contract.id);
  let before: Instant | null = null;
  for (const { from } of periodsOf(agreement, await anchorOf(db, agreement))) {
    if (from === effective) return [];
    if (from > effective) return offBoundary(effective, before, from);
    before = from;
  }
  // After the last period of what is agreed now: an extension of the term begins there.
  if (effective === agreement.runsTo || before === null) return [];
  return offBoundary(effective, before, agreement.runsTo);
}

function offBoundary(effective: Instant, before: Instant | null, after: Instant | null): Fault[] {
  const near = [before, after].filter((at) => at !== null).map(formatInstant);
  return oneFault(
    "",
    "amendment_inside_period",
    `${formatInstant(effective)} lies inside a billing period, and one version rules a whole period`,
    `let it take effect at ${near.join(" or at ")}`,
  );
}

async function closedFaults(db: Queryable, contract: ContractDocument): Promise<Fault[]> {
  const { to } = termOf(contract);
  const last = (await closedPeriods(db, contract.id)).findLast(({ scope }) => scope === "period");
  if (to === null || last === undefined || to > last.period_from) return [];
  return oneFault(
    "/term/to",
    "contract_ends_before_closed",
    `the period from ${formatInstant(last.period_from)} is closed, and would lie after the end of the contract`,
    `end it after ${formatInstant(last.period_from)}; what was billed before that is given back by credit notes`,
  );
}
