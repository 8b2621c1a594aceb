/** A plan as an operator reads it: each line with its price, each meter with its unit. */

import type { PlanDocument, PlanLine, UsageLine } from "@submeter/shared/contracts/plan";
import { includedInWords, priceInWords } from "@submeter/shared/contracts/price-in-words";

import { dimensionsText } from "../../text/dimensions-text.ts";
import { amountText, quantityText } from "../../text/number-text.ts";
import { nothing, type Page, pairs, paragraphs, plural, section } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant, proseInstant } from "../../text/time-text.ts";

export type StoredPlan = {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly created_at?: string;
  readonly document?: PlanDocument;
  /** Of this plan, oldest first. */
  readonly versions?: readonly number[];
};

export function plansText(page: Page, plans: readonly StoredPlan[]): string {
  if (plans.length === 0) {
    return nothing(
      page,
      "There are no plans yet.",
      "write one (docs/plans.md shows how), then: submeter plans add plan.json",
    );
  }
  const columns = [
    { head: "plan" },
    { head: "currency" },
    { head: "description", shrinks: true as const },
    { head: "added (UTC)" },
  ];
  const rows = plans.map((plan) => [
    page.paint.strong(`${plan.id}@${plan.version}`),
    plan.document?.currency ?? "",
    plan.document?.description ?? "",
    plan.created_at === undefined ? "" : cellInstant(plan.created_at),
  ]);
  return `${table(page, columns, rows)}\n\n${plural(plans.length, "plan")}`;
}

export function planText(page: Page, plan: StoredPlan): string {
  const { document } = plan;
  return paragraphs(
    pairs(page, [
      ["Plan", page.paint.strong(`${plan.id}@${plan.version}`)],
      ["Description", document?.description ?? null],
      ["Currency", document?.currency ?? null],
      ["Added", plan.created_at === undefined ? null : proseInstant(plan.created_at)],
      ["Versions", plan.versions?.join(", ") ?? null],
      ["Digest", plan.digest],
    ]),
    document === undefined ? "" : section(page, "Lines", linesText(page, document)),
    document === undefined ? "" : section(page, "Meters", metersText(page, document)),
  );
}

function linesText(page: Page, plan: PlanDocument): string {
  const columns = [
    { head: "line" },
    { head: "what" },
    { head: "price", align: "right" as const },
    { head: "included", align: "right" as const },
    { head: "" },
  ];
  return table(
    page,
    columns,
    plan.lines.flatMap((line) => lineRows(plan, line)),
  );
}

function lineRows(plan: PlanDocument, line: PlanLine): string[][] {
  if (line.kind === "base") {
    const timing = line.timing === "advance" ? "in advance" : "in arrears";
    return [
      [
        line.id,
        "base fee",
        line.amount.startsWith("$") ? line.amount : amountText(line.amount, plan.currency),
        "",
        `a ${line.per === "seat" ? "seat and period" : "period"}, ${timing}`,
      ],
    ];
  }
  return usageRows(plan, line);
}

function usageRows(plan: PlanDocument, line: UsageLine): string[][] {
  const unit = plan.meters.find((meter) => meter.name === line.meter)?.unit ?? "unit";
  const converted = line.convert?.unit ?? unit;
  const priced = line.per === undefined ? converted : `${quantityText(line.per)} ${converted}`;
  const included = line.included === undefined ? "" : includedText(line.included);
  const rows = (line.prices ?? []).map((price) => [
    `${line.meter} ${dimensionsText(price.dimensions)}`,
    priceText(price, plan),
  ]);
  if (line.unit_price !== undefined || line.price !== undefined) {
    rows.push([rows.length === 0 ? line.meter : `${line.meter}, any other`, priceText(line, plan)]);
  } else if (line.unpriced === "refuse") {
    rows.push([`${line.meter}, any other`, "no price: keeps the period open"]);
  }
  return rows.map(([what = "", price = ""], at) => [
    at === 0 ? line.id : "",
    what,
    price,
    at === 0 ? included : "",
    price.startsWith("no price") ? "" : `a ${priced}`,
  ]);
}

function priceText(price: Pick<UsageLine, "unit_price" | "price">, plan: PlanDocument): string {
  const said = priceInWords(price);
  return "words" in said ? said.words : amountText(said.amount, plan.currency);
}

function includedText(included: NonNullable<UsageLine["included"]>): string {
  const { quantity, per } = includedInWords(included);
  return `${quantity.startsWith("$") ? quantity : quantityText(quantity)}${per}`;
}

function metersText(page: Page, plan: PlanDocument): string {
  if (plan.meters.length === 0) return "";
  const columns = [{ head: "meter" }, { head: "unit" }, { head: "aggregation" }, { head: "" }];
  const rows = plan.meters.map((meter) => [
    meter.name,
    meter.unit,
    meter.aggregation,
    meter.billed === false ? "not billed" : "",
  ]);
  return table(page, columns, rows);
}
