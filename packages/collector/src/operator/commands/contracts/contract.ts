/** A contract as an operator reads it: for whom, at which prices, what happens when reports stay away. */

import type { ContractDocument, CycleTerms } from "@submeter/shared/contracts/contract";
import { contractTerms } from "@submeter/shared/contracts/contract-terms";

import { amountText, quantityText } from "../../text/number-text.ts";
import { nothing, type Page, pairs, plural } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant, proseInstant, spanText } from "../../text/time-text.ts";

/** A version of a contract; `document` is what was agreed. */
export type Contract = {
  readonly id: string;
  readonly version: number;
  readonly customer: string;
  readonly document: ContractDocument;
  readonly effective_from?: string | null;
  readonly ended_at?: string | null;
  readonly created_at?: string | null;
  readonly created_by?: string | null;
  readonly reason?: string | null;
  /** All of them, oldest first. */
  readonly versions?: readonly ContractVersion[];
};

export type ContractVersion = {
  readonly version: number;
  readonly plan: { readonly id: string; readonly version: number };
  readonly effective_from: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly reason: string | null;
};

export function contractsText(
  page: Page,
  contracts: readonly Contract[],
  customer?: string,
): string {
  if (contracts.length === 0) {
    return nothing(
      page,
      customer === undefined
        ? "There are no contracts yet."
        : "None yet: usage is stored, unbilled.",
      `submeter contracts set --customer ${customer ?? "acme"} --plan standard@1 --from 2026-01-01 --dry-run`,
    );
  }
  const columns = [
    { head: "contract" },
    { head: "customer" },
    { head: "plan" },
    { head: "from (UTC)" },
    { head: "to (UTC)" },
    { head: "cycle" },
    { head: "minimum" },
    { head: "fallback" },
    { head: "report due" },
  ];
  const rows = contracts.map(({ id, version, document }) => [
    page.paint.strong(version > 1 ? `${id} v${version}` : id),
    document.customer,
    `${document.plan.id}@${document.plan.version}`,
    cellInstant(document.term.from),
    document.term.to === null ? "open end" : cellInstant(document.term.to),
    cycleText(document.cycle),
    minimumText(document) ?? "none",
    document.fallback ?? "",
    spanText(contractTerms(document).reportDueSeconds),
  ]);
  return `${table(page, columns, rows)}\n\n${plural(contracts.length, "contract")}`;
}

export function contractText(page: Page, contract: Contract): string {
  const { document } = contract;
  const terms = contractTerms(document);
  return pairs(page, [
    ["Contract", page.paint.strong(`${contract.id}, version ${contract.version}`)],
    ["Customer", document.customer],
    ["Plan", `${document.plan.id}@${document.plan.version}`],
    ["Term", termText(document)],
    ["Cycle", cycleText(document.cycle)],
    ["Minimum", minimumText(document) ?? "none"],
    ["Fallback", fallbackText(document)],
    ["Report due", `${spanText(terms.reportDueSeconds)} after the newest proven hour`],
    ["Uncounted", `${terms.uncountedAllowanceHours} h forgiven per installation and period`],
    ["Grace", `${spanText(terms.graceSeconds)} from a period's end to its earliest close`],
    ["Prices", document.prices ? plural(document.prices.length, "contracted price") : null],
    ["After term", terms.afterTerm.replace("_", " ")],
    ["Effective", contract.effective_from ? `from ${proseInstant(contract.effective_from)}` : null],
    ["Why", contract.reason ?? null],
  ]);
}

/** The amendments, when there were any. */
export function versionsText(page: Page, { versions = [] }: Contract): string {
  if (versions.length < 2) return "";
  const columns = [
    { head: "version", align: "right" as const },
    { head: "plan" },
    { head: "rules periods from (UTC)" },
    { head: "agreed (UTC)" },
    { head: "by" },
    { head: "why", shrinks: true as const },
  ];
  const rows = versions.map((one) => [
    String(one.version),
    `${one.plan.id}@${one.plan.version}`,
    cellInstant(one.effective_from),
    cellInstant(one.created_at),
    one.created_by,
    one.reason ?? "",
  ]);
  return table(page, columns, rows);
}

function termText({ term }: ContractDocument): string {
  const to = term.to === null ? "until it is ended" : `to ${proseInstant(term.to)}`;
  return `from ${proseInstant(term.from)} ${to}`;
}

export function cycleText(cycle: CycleTerms): string {
  switch (cycle.every) {
    case "month":
      return "month";
    case "days":
      return `${cycle.days} d${anchorText(cycle.anchor)}`;
    case "anniversary":
      return `anniversary${anchorText(cycle.anchor)}`;
  }
}

function anchorText(anchor: string | undefined): string {
  if (anchor === undefined || anchor === "term_start") return "";
  return anchor === "first_usage" ? " from first usage" : ` from ${cellInstant(anchor)}`;
}

function minimumText(document: ContractDocument): string | null {
  const { minimum } = document;
  if (minimum === undefined) return null;
  if ("amount" in minimum) {
    return document.currency === undefined
      ? quantityText(minimum.amount)
      : amountText(minimum.amount, document.currency);
  }
  return `${quantityText(minimum.quantity)} ${minimum.meter}, short ones at ${minimum.shortfall_price}`;
}

function fallbackText({ fallback }: ContractDocument): string | null {
  if (fallback === undefined) return null;
  switch (fallback) {
    case "floor":
      return "floor: what is known, at least the minimum";
    case "share":
      return "share: what is known, and the minimum's share for the missing hours";
    case "estimate":
      return "estimate: what is known, and the mean of the 28 days before for the missing hours";
  }
}
