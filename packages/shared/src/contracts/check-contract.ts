/** Refuses a contract that contradicts itself or its plan, with the path of each fault. */

import { Compile } from "typebox/compile";
import { isZero, normalize, tryDecimal } from "../numbers/decimal.ts";
import { tryInstant } from "../time/instant.ts";
import { planTermFaults } from "./check-contract-against-plan.ts";
import { amountFaults } from "./amount-faults.ts";
import { promiseFaults } from "./check-promises.ts";
import { ContractDocument } from "./contract.ts";
import type { AmountMinimum, QuantityMinimum } from "./contract.ts";
import type { Fault } from "./fault.ts";
import type { PlanDocument } from "./plan.ts";
import { schemaFaults } from "./schema-faults.ts";

const validator = Compile(ContractDocument);

export type CheckedContract =
  | { readonly kind: "contract"; readonly contract: ContractDocument }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] };

/** `plan`: the one that the contract names; null when there is none such, which is a fault too. */
export function checkContract(value: unknown, plan: PlanDocument | null): CheckedContract {
  if (!validator.Check(value)) {
    const faults = [...minimumFormFaults(value), ...schemaFaults(validator, value)];
    return { kind: "faults", faults: onePerPath(faults) };
  }
  const faults = [
    ...termFaults(value),
    ...planFaults(value, plan),
    ...minimumFaults(value, plan),
    ...weightFaults(value),
    ...promiseFaults(value, plan),
    ...(plan === null ? [] : planTermFaults(value, plan)),
  ];
  return faults.length === 0 ? { kind: "contract", contract: value } : { kind: "faults", faults };
}

function termFaults(contract: ContractDocument): Fault[] {
  const { term, cycle, first_report_by } = contract;
  const { trial, commitment, overage = [], packs = [], discounts = [] } = contract;
  const seats = typeof contract.seats === "object" ? contract.seats : [];
  const named: [path: string, text: string | null | undefined][] = [
    ["/trial/to", trial?.to],
    ["/commitment/to", commitment?.to],
    ...seats.map(({ from }, index): [string, string] => [`/seats/${index}/from`, from]),
    ...overage.map(({ from }, index): [string, string] => [`/overage/${index}/from`, from]),
    ...packs.map(({ at }, index): [string, string] => [`/packs/${index}/at`, at]),
    ...discounts.map(({ until }, index): [string, string | undefined] => [
      `/discounts/${index}/until`,
      until,
    ]),
    ["/term/from", term.from],
    ["/term/to", term.to],
    ["/first_report_by", first_report_by],
    ["/cycle/anchor", cycle.every === "month" ? undefined : cycle.anchor],
  ];
  const unreal = named.filter(
    ([, text]) => typeof text === "string" && /^\d/.test(text) && tryInstant(text) === null,
  );
  if (unreal.length > 0) {
    return unreal.map(([path, text]) => ({
      path,
      code: "instant_unreal",
      detail: `there is no ${text}`,
      hint: "write a day and an hour that exist",
    }));
  }
  if (term.to === null || term.from < term.to) return [];
  return [
    {
      path: "/term/to",
      code: "term_empty",
      detail: "the term ends before it begins",
      hint: "write a later end, or null for none",
    },
  ];
}

function planFaults(contract: ContractDocument, plan: PlanDocument | null): Fault[] {
  const { id, version } = contract.plan;
  if (plan === null || plan.id !== id || plan.version !== version) {
    return [
      {
        path: "/plan",
        code: "plan_unknown",
        detail: `there is no version ${version} of a plan ${id}`,
        hint: "add the plan first, or name one that `submeter plans list` shows",
      },
    ];
  }
  if (contract.currency === undefined || contract.currency === plan.currency) return [];
  return [
    {
      path: "/currency",
      code: "currency_differs",
      detail: `the contract is in ${contract.currency}, its plan in ${plan.currency}`,
      hint: "one contract has one currency and nothing is exchanged: choose a plan in it",
    },
  ];
}

function minimumFaults(contract: ContractDocument, plan: PlanDocument | null): Fault[] {
  const { minimum } = contract;
  if (minimum === undefined) return [];
  const faults: Fault[] = [];
  if (contract.fallback === undefined) {
    faults.push({
      path: "/fallback",
      code: "minimum_without_fallback",
      detail: "the contract has a minimum and does not say what is billed when reports stay away",
      hint: "write `fallback`: floor, share or estimate (docs/plans.md says when which is right)",
    });
  }
  if (plan === null) return faults;
  return "amount" in minimum
    ? [...faults, ...amountMinimumFaults(minimum, plan)]
    : [...faults, ...quantityMinimumFaults(minimum, plan)];
}

function amountMinimumFaults({ amount }: AmountMinimum, plan: PlanDocument): Fault[] {
  return amountFaults(amount, plan.currency, "/minimum/amount");
}

function quantityMinimumFaults(
  { meter: name, quantity }: QuantityMinimum,
  plan: PlanDocument,
): Fault[] {
  const meter = plan.meters.find((one) => one.name === name);
  const priced = plan.lines.some((line) => line.kind === "usage" && line.meter === name);
  if (meter === undefined || !priced) {
    return [
      {
        path: "/minimum/meter",
        code: "meter_unknown",
        detail: `no line of the plan prices a meter ${name}`,
        hint: "name a meter that the plan prices",
      },
    ];
  }
  const value = tryDecimal(quantity);
  if (value === null || normalize(value).scale <= meter.scale) return [];
  return [
    {
      path: "/minimum/quantity",
      code: "quantity_too_fine",
      detail: `${quantity} has more decimals than the meter ${name}, which has ${meter.scale}`,
      hint: `write it with at most ${meter.scale} decimals`,
    },
  ];
}

function weightFaults({ weights }: ContractDocument): Fault[] {
  if (weights === undefined) return [];
  const heavy = Object.values(weights).some((weight) => !isZero(tryDecimal(weight) ?? zeroWeight));
  if (heavy) return [];
  return [
    {
      path: "/weights",
      code: "weights_empty",
      detail: "no installation weighs anything",
      hint: "give at least one a weight above 0, or leave `weights` out",
    },
  ];
}

const zeroWeight = { coefficient: 0n, scale: 0 };

/** A quantity minimum without its price is so common that it gets a fault of its own. */
function minimumFormFaults(value: unknown): Fault[] {
  const minimum = memberOf(value, "minimum");
  if (memberOf(minimum, "quantity") === undefined) return [];
  if (memberOf(minimum, "shortfall_price") !== undefined) return [];
  return [
    {
      path: "/minimum/shortfall_price",
      code: "shortfall_price_missing",
      detail: "dimensions may differ in price, so nobody knows what a unit that was not used costs",
      hint: "write `shortfall_price`, the price of each unit below the minimum",
    },
  ];
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function onePerPath(faults: readonly Fault[]): Fault[] {
  return faults.filter(
    ({ path }, index) => faults.findIndex((fault) => fault.path === path) === index,
  );
}
