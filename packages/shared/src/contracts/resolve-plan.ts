/** A plan as one contract fills it in: `"$overage"` becomes the contract's number, a contracted price takes the list price's place. */

import { SubmeterError } from "../errors/submeter-error.ts";
import type { ContractDocument } from "./contract.ts";
import { withContractedPrices } from "./contracted-prices.ts";
import type { PlanDocument } from "./plan.ts";

const reference = /\$([a-z][a-z0-9_]*)/g;
const whole = /^\$([a-z][a-z0-9_]*)(\/(s|min|h|day))?$/;

type Parameters = Readonly<Record<string, string>>;

/** The plan with every parameter and every contracted price in its place; throws `parameter_missing`. */
export function resolvePlan(
  plan: PlanDocument,
  contract: Pick<ContractDocument, "id" | "parameters" | "prices">,
): PlanDocument {
  return withContractedPrices(filledIn(plan, contract), contract);
}

function filledIn(
  plan: PlanDocument,
  contract: Pick<ContractDocument, "id" | "parameters">,
): PlanDocument {
  if (plan.parameters === undefined) return plan;
  const given = contract.parameters ?? {};
  const missing = parametersUsed(plan).filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw new SubmeterError(
      "parameter_missing",
      `the contract ${contract.id} does not say ${missing.join(", ")}, which its plan ${plan.id} leaves open`,
      "write them under `parameters` of the contract",
    );
  }
  return withParameters(plan, given);
}

/** The plan's parameters put in their places, leaving open what is not given. */
export function withParameters(plan: PlanDocument, given: Parameters): PlanDocument {
  return {
    ...plan,
    lines: replaced(plan.lines, given) as PlanDocument["lines"],
    ...(plan.credits === undefined
      ? {}
      : { credits: replaced(plan.credits, given) as NonNullable<PlanDocument["credits"]> }),
    ...(plan.entitlements === undefined
      ? {}
      : {
          entitlements: replaced(plan.entitlements, given) as NonNullable<
            PlanDocument["entitlements"]
          >,
        }),
  };
}

/** The names that the plan refers to, each once, in the order of its lines. */
export function parametersUsed(plan: PlanDocument): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === "string") {
      if (whole.test(value))
        for (const [, name] of value.matchAll(reference)) found.add(name ?? "");
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  look([plan.lines, plan.credits, plan.entitlements]);
  return [...found];
}

function replaced(value: unknown, given: Parameters): unknown {
  if (typeof value === "string") {
    const name = whole.exec(value)?.[1];
    return name === undefined ? value : value.replace(`$${name}`, given[name] ?? `$${name}`);
  }
  if (Array.isArray(value)) return value.map((one) => replaced(one, given));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replaced(member, given)]),
  );
}
