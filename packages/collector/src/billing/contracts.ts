/** Setting and amending contracts. Each change is a version; what it changes about closed periods is computed again. */

import { checkContract } from "@submeter/shared/contracts/check-contract";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { termOf } from "@submeter/shared/contracts/contract-terms";
import type { Fault } from "@submeter/shared/contracts/fault";
import type { PlanDocument } from "@submeter/shared/contracts/plan";
import type { Instant } from "@submeter/shared/time/instant";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { audit } from "../store/audit.ts";
import { lookNow } from "../store/close-schedule.ts";
import {
  contractVersions,
  insertContractVersion,
  lockContract,
  lockCustomer,
  type StoredContract,
} from "../store/contracts.ts";
import type { Queryable } from "../store/database.ts";
import { bumpStateRevisionsOf } from "../store/installations.ts";
import { markPeriods } from "../store/periods.ts";
import { findPlan } from "../store/plans.ts";
import { periodHolding } from "./agreement.ts";
import { amendmentFaults } from "./amendment.ts";
import type { Actor, BillingContext } from "./billing-context.ts";
import { textDigest } from "./document-bytes.ts";
import { effectsOf } from "./contract-effects.ts";
import { FaultsError, oneFault } from "./faults.ts";
import { overlapFaults } from "./contract-overlap.ts";
import { anchorOf, openPeriod } from "./open-period.ts";
import { readAgreement } from "./read-agreement.ts";

export type SetContract = {
  readonly contract: StoredContract;
  /** What it does, in sentences: to the open period, to closed ones, to what is expected. */
  readonly effects: readonly string[];
  readonly changed: boolean;
};

/** Thrown inside the transaction of a dry run, so that nothing of it stays. */
class DryRun extends Error {
  readonly result: SetContract;
  constructor(result: SetContract) {
    super("dry run");
    this.result = result;
  }
}

/**
 * `effective`: from which period on an amendment rules; the open one when null. Throws `contract_faulty` with every
 * fault. With `dryRun` nothing is kept.
 */
export async function setContract(
  context: BillingContext,
  actor: Actor,
  value: unknown,
  options: { id: string; effective: Instant | null; dryRun: boolean; reason?: string | null },
): Promise<SetContract> {
  try {
    return await context.database.transaction(async (db) => {
      const result = await storeVersion(db, context, actor, value, options);
      if (options.dryRun) throw new DryRun(result);
      return result;
    });
  } catch (error) {
    if (error instanceof DryRun) return error.result;
    throw error;
  }
}

/** In the caller's transaction. Answers what the version does; `contract_faulty` with every fault when it may not. */
export async function storeVersion(
  db: Queryable,
  context: BillingContext,
  actor: Actor,
  value: unknown,
  options: { id: string; effective: Instant | null; reason?: string | null },
): Promise<SetContract> {
  const now = context.clock.now();
  const { contract, plan } = await checked(db, value, options.id);
  if (!(await lockCustomer(db, contract.customer))) throw customerFault(contract.customer);
  await lockContract(db, contract.id);
  const versions = await contractVersions(db, contract.id);
  const document = canonicalJson(contract);
  const same = versions.find((row) => row.version === contract.version);
  if (same !== undefined && same.document === document) {
    return {
      contract: same,
      effects: ["This version is in force already: nothing changes."],
      changed: false,
    };
  }
  const effective = options.effective ?? (await defaultEffective(db, contract, versions, now));
  const faults = [
    ...(await overlapFaults(db, contract)),
    ...(await amendmentFaults(db, { contract, plan, versions, effective })),
  ];
  if (faults.length > 0) throw contractFaulty(faults);
  const row: StoredContract = {
    id: contract.id,
    version: contract.version,
    customer_id: contract.customer,
    plan_id: plan.id,
    plan_version: plan.version,
    document,
    digest: textDigest(document),
    effective_from: effective,
    term_from: termOf(contract).from,
    term_to: termOf(contract).to,
    reason: options.reason ?? null,
    created_at: now,
    created_by: actor.name,
  };
  await insertContractVersion(db, row);
  await bumpStateRevisionsOf(db, row.customer_id);
  await lookNow(db, row.customer_id);
  const marked = versions.length === 0 ? [] : await markAmended(db, row, now);
  await audit(db, {
    at: now,
    who: actor.name,
    action: versions.length === 0 ? "contract.set" : "contract.amended",
    subject: `contract:${row.id}`,
    reason: row.reason,
    before: versions.at(-1) && JSON.parse(versions.at(-1)?.document ?? "null"),
    after: contract,
  });
  const agreement = await readAgreement(db, row.id);
  return {
    contract: row,
    effects: await effectsOf(db, { agreement, effective, marked }),
    changed: true,
  };
}

async function checked(
  db: Queryable,
  value: unknown,
  id: string,
): Promise<{ contract: ContractDocument; plan: PlanDocument }> {
  const named = (value as { plan?: { id?: unknown; version?: unknown } } | null)?.plan;
  const known =
    typeof named?.id === "string" && Number.isSafeInteger(named.version)
      ? await findPlan(db, named.id, Number(named.version))
      : null;
  const plan = known === null ? null : (JSON.parse(known.document) as PlanDocument);
  const result = checkContract(value, plan);
  if (result.kind === "faults") throw contractFaulty(result.faults);
  const { contract } = result;
  if (plan === null) throw new RangeError("a contract without a plan passed its check");
  if (contract.id !== id) {
    throw contractFaulty(
      oneFault(
        "/id",
        "contract_id_differs",
        `the document is contract ${contract.id}, the address names ${id}`,
        "send it to its own address",
      ),
    );
  }
  return { contract, plan };
}

/**
 * The first version rules from the term's start; an amendment from the period that runs now, or the earliest open one
 * after it: one that has ended and waits for its close keeps the words that it was used under.
 */
async function defaultEffective(
  db: Queryable,
  contract: ContractDocument,
  versions: readonly StoredContract[],
  now: Instant,
): Promise<Instant> {
  if (versions.length === 0) return termOf(contract).from;
  const agreement = await readAgreement(db, contract.id);
  const running = periodHolding(agreement, await anchorOf(db, agreement), now)?.from;
  const open = (await openPeriod(db, agreement))?.period.from;
  return Math.max(running ?? 0, open ?? 0) || termOf(contract).from;
}

/** Also the period before: the fees in advance for the first amended one stand on it. */
async function markAmended(db: Queryable, row: StoredContract, now: Instant): Promise<Instant[]> {
  return markPeriods(db, {
    contract: row.id,
    scopes: ["opening", "period"],
    from: row.effective_from - 1,
    to: null,
    reason: `contract amended: version ${row.version}`,
    at: now,
  });
}

function customerFault(customer: string): FaultsError {
  return contractFaulty(
    oneFault(
      "/customer",
      "customer_unknown",
      `there is no customer ${customer}`,
      "add it first with `submeter customers add`",
    ),
  );
}

function contractFaulty(faults: readonly Fault[]): FaultsError {
  return new FaultsError(
    "contract_faulty",
    "the contract contradicts itself, its plan or what is agreed already",
    "correct what `faults` names and set it again",
    faults,
  );
}
