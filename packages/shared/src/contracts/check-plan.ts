/** Refuses a plan that contradicts itself, with the path of each fault. */

import { Compile } from "typebox/compile";
import { minorUnitDecimals } from "../numbers/currency.ts";
import { amountFaults } from "./amount-faults.ts";
import { usageFaults } from "./check-usage-line.ts";
import type { Fault } from "./fault.ts";
import { twice } from "./fault.ts";
import type { BaseLine, PlanLine } from "./plan.ts";
import { PlanDocument } from "./plan.ts";
import { parametersUsed } from "./resolve-plan.ts";
import { schemaFaults } from "./schema-faults.ts";

const validator = Compile(PlanDocument);

export type CheckedPlan =
  | { readonly kind: "plan"; readonly plan: PlanDocument }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] };

export function checkPlan(value: unknown): CheckedPlan {
  if (!validator.Check(value)) return { kind: "faults", faults: schemaFaults(validator, value) };
  const faults = [
    ...currencyFaults(value),
    ...meterFaults(value),
    ...parameterFaults(value),
    ...exchangeFaults(value),
    ...value.lines.flatMap((line, index) => lineFaults(value, line, index)),
  ];
  return faults.length === 0 ? { kind: "plan", plan: value } : { kind: "faults", faults };
}

function currencyFaults(plan: PlanDocument): Fault[] {
  const decimals = minorUnitDecimals(plan.currency);
  if (decimals === null) {
    return [
      {
        path: "/currency",
        code: "currency_unknown",
        detail: `${plan.currency} is no currency that Submeter knows`,
        hint: "write its ISO 4217 code in capitals, such as USD",
      },
    ];
  }
  return plan.lines.flatMap((line, index) => {
    if (line.kind !== "base") return [];
    const path = `/lines/${index}`;
    return [
      ...amountFaults(line.amount, plan.currency, `${path}/amount`),
      ...(line.variants ?? []).flatMap(({ amount }, at) =>
        amountFaults(amount, plan.currency, `${path}/variants/${at}/amount`),
      ),
    ];
  });
}

function meterFaults(plan: PlanDocument): Fault[] {
  return plan.meters.flatMap((meter, index) => {
    const path = `/meters/${index}`;
    if (plan.meters.findIndex(({ name }) => name === meter.name) !== index) {
      return [twice("meter_duplicate", `${path}/name`, `the meter ${meter.name}`)];
    }
    if (meter.aggregation !== "max" && (meter.over_period ?? meter.across) !== undefined) {
      return [
        {
          path: `${path}/over_period`,
          code: "meter_adds_up",
          detail: `${meter.name} adds up; only a \`max\` meter needs to say which figure counts`,
          hint: "remove `over_period` and `across`",
        },
      ];
    }
    const priced = isPriced(plan, meter.name);
    if (priced && meter.billed === false) {
      return [
        {
          path: `${path}/billed`,
          code: "meter_unbilled_but_priced",
          detail: `the meter ${meter.name} is not billed and yet has a price`,
          hint: "remove either `billed` or the line",
        },
      ];
    }
    // What is unpriced is never silently free (design, promise 11).
    if (priced || meter.billed === false) return [];
    return [
      {
        path,
        code: "meter_without_price",
        detail: `no line prices the meter ${meter.name}`,
        hint: 'add a usage line for it, or write "billed": false',
      },
    ];
  });
}

/** By a line of its own, or as the events of a percentage. */
function isPriced(plan: PlanDocument, meter: string): boolean {
  return plan.lines.some(
    (line) =>
      line.kind === "usage" &&
      (line.meter === meter ||
        (line.price?.model === "percentage" && line.price.event?.meter === meter)),
  );
}

function parameterFaults(plan: PlanDocument): Fault[] {
  const declared = Object.keys(plan.parameters ?? {});
  const used = parametersUsed(plan);
  return [
    ...used
      .filter((name) => !declared.includes(name))
      .map((name) => ({
        path: "/parameters",
        code: "parameter_undeclared",
        detail: `the plan refers to $${name}, and does not say what it is`,
        hint: `write "${name}" with a sentence under \`parameters\``,
      })),
    ...declared
      .filter((name) => !used.includes(name))
      .map((name) => ({
        path: `/parameters/${name}`,
        code: "parameter_unused",
        detail: `nothing in the plan refers to $${name}`,
        hint: "remove it, or write it where its number belongs",
      })),
  ];
}

function exchangeFaults({ credits, lines }: PlanDocument): Fault[] {
  if (
    credits !== undefined &&
    lines.every((line) => line.kind !== "usage" || line.in === undefined)
  ) {
    return [
      {
        path: "/credits",
        code: "credits_unused",
        detail: "no line of the plan is in credits",
        hint: 'write "in": "credits" in the lines that are priced in them, or remove `credits`',
      },
    ];
  }
  if (credits === undefined || credits.settled === "prepaid" || credits.exchange !== undefined) {
    return [];
  }
  return [
    {
      path: "/credits/exchange",
      code: "exchange_missing",
      detail: "credits that are invoiced need a price in money",
      hint: "write `exchange`, what one credit costs",
    },
  ];
}

function baseFaults(line: BaseLine, path: string): Fault[] {
  const variants = (line.variants ?? []).flatMap(({ option }, index, all) =>
    all.findIndex((one) => one.option === option) === index
      ? []
      : [twice("option_duplicate", `${path}/variants/${index}/option`, `the option ${option}`)],
  );
  if (line.year_months === undefined || line.timing === "advance") return variants;
  return [
    ...variants,
    {
      path: `${path}/year_months`,
      code: "year_in_arrears",
      detail: "a year is paid before it begins",
      hint: 'write "timing": "advance", or remove it',
    },
  ];
}

function lineFaults(plan: PlanDocument, line: PlanLine, index: number): Fault[] {
  const path = `/lines/${index}`;
  const faults: Fault[] = [];
  if (plan.lines.findIndex(({ id }) => id === line.id) !== index) {
    faults.push(twice("line_duplicate", `${path}/id`, `the line ${line.id}`));
  }
  switch (line.kind) {
    case "base":
      return [...faults, ...baseFaults(line, path)];
    case "usage":
      return [...faults, ...usageFaults(plan, line, index)];
  }
}
