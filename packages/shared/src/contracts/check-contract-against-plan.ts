/** What a contract says about its plan's own things: parameters, seats, options, years, packs, overage. */

import { compare, tryDecimal } from "../numbers/decimal.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { checkPlan } from "./check-plan.ts";
import type { ContractDocument } from "./contract.ts";
import { withContractedPrices } from "./contracted-prices.ts";
import type { Fault } from "./fault.ts";
import type { PlanDocument, UsageLine } from "./plan.ts";
import { parametersUsed, withParameters } from "./resolve-plan.ts";

export function planTermFaults(contract: ContractDocument, plan: PlanDocument): Fault[] {
  return [
    ...parameterFaults(contract, plan),
    ...priceFaults(contract, plan),
    ...seatFaults(contract, plan),
    ...optionFaults(contract, plan),
    ...annualFaults(contract, plan),
    ...overageFaults(contract, plan),
    ...gaugeFaults(contract, plan),
    ...packFaults(contract, plan),
  ];
}

function parameterFaults({ parameters = {} }: ContractDocument, plan: PlanDocument): Fault[] {
  const used = parametersUsed(plan);
  const missing = used.filter((name) => parameters[name] === undefined);
  const unknown = Object.keys(parameters).filter((name) => !used.includes(name));
  const faults: Fault[] = [
    ...missing.map((name) => ({
      path: `/parameters/${name}`,
      code: "parameter_missing",
      detail: `the plan leaves it open: ${plan.parameters?.[name] ?? name}`,
      hint: "write its number as a decimal string",
    })),
    ...unknown.map((name) => ({
      path: `/parameters/${name}`,
      code: "parameter_unknown",
      detail: `the plan ${plan.id} has no parameter ${name}`,
      hint: used.length === 0 ? "remove it" : `remove it, or name one of: ${used.join(", ")}`,
    })),
  ];
  if (faults.length > 0 || used.length === 0) return faults;
  // With its numbers in place the plan must hold: a quota may be too fine, a tier may end before the one below it.
  const resolved = checkPlan({ ...withParameters(plan, parameters), parameters: undefined });
  if (resolved.kind === "plan") return [];
  return resolved.faults.map((fault) => ({
    ...fault,
    path: "/parameters",
    detail: `with these parameters the plan does not hold, at ${fault.path}: ${fault.detail}`,
  }));
}

/** Each names a usage line and one price; with all of them in place the plan must hold as it did without. */
function priceFaults(contract: ContractDocument, plan: PlanDocument): Fault[] {
  const { prices = [] } = contract;
  const faults = prices.flatMap(({ line, dimensions = {}, unit_price, price }, index): Fault[] => {
    const same = prices.findIndex(
      (one) =>
        one.line === line && dimensionsKey(one.dimensions ?? {}) === dimensionsKey(dimensions),
    );
    if (same !== index) {
      return [
        {
          path: `/prices/${index}`,
          code: "price_duplicate",
          detail: `it prices the same as /prices/${same}`,
          hint: "keep one of them",
        },
      ];
    }
    if (usageLine(plan, line) === undefined) {
      return [
        {
          path: `/prices/${index}/line`,
          code: "line_unknown",
          detail: `the plan ${plan.id} has no usage line ${line}`,
          hint: `name one of: ${usageLineIds(plan).join(", ")}`,
        },
      ];
    }
    if ((unit_price === undefined) !== (price === undefined)) return [];
    return [
      {
        path: `/prices/${index}/unit_price`,
        code: "price_unclear",
        detail: "a contracted price is one price",
        hint: "write either `unit_price` or `price`",
      },
    ];
  });
  if (faults.length > 0 || prices.length === 0) return faults;
  const priced = withContractedPrices(plan, contract);
  // A contracted price may stand where the plan has a parameter, which is in force again after the term.
  const used = parametersUsed(priced);
  const declared = Object.entries(plan.parameters ?? {}).filter(([name]) => used.includes(name));
  const checked = checkPlan({ ...priced, parameters: Object.fromEntries(declared) });
  if (checked.kind === "plan") return [];
  return checked.faults.map((fault) => ({
    ...fault,
    path: "/prices",
    detail: `with these prices the plan does not hold, at ${fault.path}: ${fault.detail}`,
  }));
}

function usageLineIds(plan: PlanDocument): string[] {
  return plan.lines.flatMap((line) => (line.kind === "usage" ? [line.id] : []));
}

function seatFaults({ seats, term }: ContractDocument, plan: PlanDocument): Fault[] {
  const bySeat = plan.lines.some((line) =>
    line.kind === "base"
      ? line.per === "seat"
      : (typeof line.included === "object" && line.included.per === "seat") ||
        (line.limits ?? []).some(({ per }) => per === "seat"),
  );
  if (seats === undefined) {
    return bySeat
      ? [
          {
            path: "/seats",
            code: "seats_missing",
            detail: "the plan has a price, a quota or a limit by seat",
            hint: 'write `seats`, such as "5"',
          },
        ]
      : [];
  }
  if (typeof seats === "string") return [];
  const unordered = seats.findIndex(
    ({ from }, index) => index > 0 && from <= (seats[index - 1]?.from ?? ""),
  );
  if (unordered !== -1) {
    return [
      {
        path: `/seats/${unordered}/from`,
        code: "seats_unordered",
        detail: "it is not later than the count before it",
        hint: "write the counts in the order of their hours",
      },
    ];
  }
  if ((seats[0]?.from ?? "") <= term.from) return [];
  return [
    {
      path: "/seats/0/from",
      code: "seats_begin_late",
      detail: "nobody knows how many seats there are before",
      hint: "let the first count begin with the term",
    },
  ];
}

function optionFaults({ options = [] }: ContractDocument, plan: PlanDocument): Fault[] {
  const known = plan.lines.flatMap((line) =>
    line.kind === "base" ? (line.variants ?? []).map(({ option }) => option) : [],
  );
  return options.flatMap((option, index) =>
    known.includes(option)
      ? []
      : [
          {
            path: `/options/${index}`,
            code: "option_unknown",
            detail: `no line of the plan has a variant ${option}`,
            hint: known.length === 0 ? "remove it" : `name one of: ${known.join(", ")}`,
          },
        ],
  );
}

function annualFaults({ annual, cycle }: ContractDocument, plan: PlanDocument): Fault[] {
  if (annual === undefined) return [];
  if (cycle.every === "days") {
    return [
      {
        path: "/annual",
        code: "year_of_days",
        detail: "a year is no whole number of such cycles",
        hint: "choose months or anniversaries",
      },
    ];
  }
  const priced = plan.lines.some((line) => line.kind === "base" && line.year_months !== undefined);
  if (priced) return [];
  return [
    {
      path: "/annual",
      code: "year_without_price",
      detail: "no line of the plan has a price for a year",
      hint: "remove it, or write `year_months` in the plan",
    },
  ];
}

function overageFaults({ overage = [] }: ContractDocument, plan: PlanDocument): Fault[] {
  return overage.flatMap(({ line }, index) => {
    const path = `/overage/${index}/line`;
    if (overage.findIndex((one) => one.line === line) !== index) {
      return [
        {
          path,
          code: "overage_duplicate",
          detail: `the line ${line} is opted into a second time`,
          hint: "keep the earlier hour",
        },
      ];
    }
    if (usageLine(plan, line)?.overage === "opt_in") return [];
    return [
      {
        path,
        code: "overage_not_optional",
        detail: `no line ${line} of the plan lets its overage be opted into`,
        hint: 'name a line with "overage": "opt_in"',
      },
    ];
  });
}

function gaugeFaults({ across_gap = {} }: ContractDocument, plan: PlanDocument): Fault[] {
  const gauges = plan.meters
    .filter(({ aggregation }) => aggregation === "time_weighted")
    .map(({ name }) => name);
  return Object.keys(across_gap).flatMap((name) =>
    gauges.includes(name)
      ? []
      : [
          {
            path: `/across_gap/${name}`,
            code: "gauge_unknown",
            detail: `${name} is no time-weighted meter of the plan: nothing of it is held across a gap`,
            hint: gauges.length === 0 ? "remove it" : `name one of: ${gauges.join(", ")}`,
          },
        ],
  );
}

function packFaults({ packs = [], term }: ContractDocument, plan: PlanDocument): Fault[] {
  return packs.flatMap(({ id, line, pack, at, left }, index) => {
    if (packs.findIndex((one) => one.id === id) !== index) {
      return [
        {
          path: `/packs/${index}/id`,
          code: "pack_duplicate",
          detail: `the purchase ${id} stands here a second time`,
          hint: "keep one of them, or give it another id",
        },
      ];
    }
    // Instants in RFC 3339 with Z sort as text.
    if (at < term.from || (term.to !== null && at >= term.to)) {
      return [
        {
          path: `/packs/${index}/at`,
          code: "pack_outside_term",
          detail: "no period of the term holds this hour, so the pack would be in none",
          hint: "write the hour of the purchase, or the term's first hour for one that is brought along",
        },
      ];
    }
    const found = usageLine(plan, line)?.packs ?? [];
    const sold = found.map((one) => one.id);
    if (sold.includes(pack)) {
      return leftFaults(left, found.find((one) => one.id === pack)?.quantity, index);
    }
    return [
      {
        path: `/packs/${index}/pack`,
        code: "pack_unknown",
        detail: `the plan sells no pack ${pack} for a line ${line}`,
        hint:
          sold.length === 0 ? "name a line that sells packs" : `name one of: ${sold.join(", ")}`,
      },
    ];
  });
}

function leftFaults(left = "0", whole: string | undefined, index: number): Fault[] {
  const [part, all] = [left, whole ?? ""].map(tryDecimal);
  if (!part || !all || compare(part, all) <= 0) return [];
  return [
    {
      path: `/packs/${index}/left`,
      code: "pack_left_too_much",
      detail: `a pack of ${whole ?? ""} cannot have ${left} left`,
      hint: "write what the last statement of the contract before this one carries",
    },
  ];
}

function usageLine(plan: PlanDocument, id: string): UsageLine | undefined {
  return plan.lines.find((line): line is UsageLine => line.kind === "usage" && line.id === id);
}
