/** A statement or an invoice as text that a finance person can follow without asking: every line says how it came about. */

import { formatFixed } from "../numbers/decimal.ts";
import { floorToScale, fraction } from "../numbers/fraction.ts";
import { grouped } from "./basis.ts";
import type { InvoiceDocument, InvoiceLine } from "./invoice.ts";
import { spanOf } from "./invoice.ts";
import type { Basis, ComputationStep, Statement, StatementLine } from "./statement.ts";

/** Columns. */
const width = 92;
const indent = "    ";

const basisInWords: Readonly<Record<Basis, string>> = {
  measured: "measured",
  measured_with_gaps: "measured, with gaps that the contract forgives",
  fallback: "fallback",
  open: "open: a preview, not an invoice",
};

const stepInWords: Readonly<Record<ComputationStep["step"], string>> = {
  counted: "counted",
  adjusted: "adjusted",
  estimated: "estimated",
  held: "held",
  converted: "converted",
  included: "included",
  rollover: "rolled over",
  unbilled: "not billed",
  pack: "from packs",
  billable: "to bill",
  amount: "amount",
  seats: "seats",
  year: "for a year",
  trial: "in trial",
  prorated: "prorated",
  missing: "missing",
  minimum: "minimum",
  counts: "reached",
  price: "unit price",
  packages: "packages",
  tier: "tier",
  credits: "credits",
  discount: "discount",
  maximum: "at most",
  commitment: "committed",
  exact: "exactly",
  rounded: "rounded",
};

/** The whole statement, lines with their computations. Ends with a line feed. */
export function explainStatement(statement: Statement): string {
  const title = statement.scope === "opening" ? "Opening statement" : "Statement";
  return page([
    heading(`${title} ${statement.number}`, statement.customer),
    facts([
      ["Service period", spanOf(statement.period)],
      ["Contract", `${statement.contract.id}, version ${statement.contract.version}`],
      ["Plan", `${statement.plan.id}, version ${statement.plan.version}`],
      ...basisFacts(statement),
    ]),
    statement.lines.flatMap((line) => explainLine(line)),
    sums(totalsOf(statement), statement.currency),
    creditsNotice(statement),
    unbilledNotice(statement),
    unpricedNotice(statement),
    [`Inputs ${statement.inputs_digest}`, `Engine ${statement.engine}, as of ${statement.as_of}`],
  ]);
}

/** The invoice with the computations of the statement it rests on; `statement` null for a settlement. */
export function explainInvoice(
  invoice: InvoiceDocument,
  statement: Statement | null,
  issued: { readonly number: string | null; readonly date: string | null } = {
    number: null,
    date: null,
  },
): string {
  const own = new Map(statement?.lines.map((line) => [line.id, line]));
  const lines = invoice.lines.filter(({ adjusts }) => adjusts === null);
  const adjustments = invoice.lines.filter(({ adjusts }) => adjusts !== null);
  return page([
    heading(titleOf(invoice, issued.number), invoice.customer),
    facts([
      ...(issued.date === null ? [] : [["Date", issued.date] as const]),
      ["Service period", spanOf(invoice.period)],
      ["Contract", invoice.contract],
      ...(invoice.statement === null
        ? []
        : [
            [
              "Plan",
              `${invoice.statement.plan.id}, version ${invoice.statement.plan.version}`,
            ] as const,
            ...basisFacts(invoice.statement),
          ]),
    ]),
    lines.flatMap((line) => {
      const full = own.get(line.id);
      return full === undefined ? amountLine(line.description, line.amount) : explainLine(full);
    }),
    adjustments.flatMap((line, index) => explainAdjustment(line, adjustments[index - 1])),
    sums(
      adjustments.length === 0
        ? [["Total", invoice.total]]
        : [
            ["This period", invoice.statement_total],
            ["Adjustments", invoice.adjustments_total],
            ["Total", invoice.total],
          ],
      invoice.currency,
    ),
  ]);
}

function titleOf({ statement }: InvoiceDocument, number: string | null): string {
  const kind =
    statement === null ? "Settlement" : statement.provisional ? "Provisional invoice" : "Invoice";
  return number === null ? kind : `${kind} ${number}`;
}

type BasisParts = Pick<Statement, "basis" | "fallback" | "provisional" | "hours" | "scope">;

function basisFacts(of: BasisParts): (readonly [name: string, value: string])[] {
  if (of.scope === "opening") return [];
  const policy = of.fallback === null ? "" : `, policy ${of.fallback}`;
  const found: (readonly [string, string])[] = [
    ["Basis", `${basisInWords[of.basis]}${policy}`],
    ["Hours", of.hours.text],
  ];
  if (of.provisional) {
    found.push(["Provisional", "replaced by the measured amount when the missing reports arrive"]);
  }
  return found;
}

function explainLine(line: StatementLine): string[] {
  const period = line.timing === "advance" ? `, in advance for ${spanOf(line.period)}` : "";
  return [
    ...amountLine(`${line.description}${period}`, line.amount),
    ...steps(line.computation),
    "",
  ];
}

/** Under one heading for each invoice and period that is adjusted. */
function explainAdjustment(line: InvoiceLine, previous: InvoiceLine | undefined): string[] {
  const { adjusts, amount } = line;
  if (adjusts === null) return [];
  const title = adjustmentTitle(line);
  const heading = previous !== undefined && adjustmentTitle(previous) === title ? [] : [title, ""];
  const change = `${grouped(adjusts.before ?? "nothing")} before, ${grouped(adjusts.after ?? "nothing")} now`;
  return [...heading, ...amountLine(adjusts.description, amount), `${indent}${change}`, ""];
}

function adjustmentTitle({ adjusts }: InvoiceLine): string {
  if (adjusts === null) return "";
  const { invoice, invoice_date, period } = adjusts;
  const name = invoice === null ? "the invoice" : `invoice ${invoice}`;
  return `Adjustment to ${name} of ${invoice_date}, service period ${spanOf(period)}`;
}

/** Values aligned at their decimal point, notes beside them. */
function steps(computation: readonly ComputationStep[]): string[] {
  const rows = computation.map(({ step, value, note }) => ({
    name: stepInWords[step],
    value: grouped(inDecimals(value)),
    note,
  }));
  const names = Math.max(...rows.map(({ name }) => name.length));
  const before = Math.max(...rows.map(({ value }) => wholePart(value).length));
  const values = Math.max(
    ...rows.map(({ value }) => before - wholePart(value).length + value.length),
  );
  return rows.flatMap(({ name, value, note }) => {
    const aligned = `${" ".repeat(before - wholePart(value).length)}${value}`.padEnd(values);
    const lead = `${indent}${name.padEnd(names)}  ${aligned}  `;
    const [first = "", ...rest] = wrapped(note, width - lead.length);
    return [
      `${lead}${first}`.trimEnd(),
      ...rest.map((text) => `${" ".repeat(lead.length)}${text}`),
    ];
  });
}

/** A value without a decimal text is cut after six decimals and says so; the exact fraction stands in the JSON. */
function inDecimals(value: string): string {
  const [numerator, denominator] = value.split("/");
  if (numerator === undefined || denominator === undefined) return value;
  const cut = floorToScale(fraction(BigInt(numerator), BigInt(denominator)), 6);
  return `${formatFixed(cut, 6)}…`;
}

function wholePart(value: string): string {
  return value.split(".")[0] ?? "";
}

/** A description and its amount at the right edge; long ones go on below. */
function amountLine(description: string, amount: string): string[] {
  const shown = grouped(amount);
  const [first = "", ...rest] = wrapped(description, width - shown.length - 2);
  const gap = " ".repeat(Math.max(2, width - first.length - shown.length));
  return [`${first}${gap}${shown}`, ...rest];
}

function heading(title: string, customer: string): string[] {
  return [`${title}${customer.padStart(width - title.length)}`, "═".repeat(width)];
}

function facts(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const names = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) => {
    const [first = "", ...rest] = wrapped(value, width - names - 2);
    return [
      `${name.padEnd(names)}  ${first}`,
      ...rest.map((text) => `${" ".repeat(names + 2)}${text}`),
    ];
  });
}

function sums(
  rows: readonly (readonly [name: string, amount: string])[],
  currency: string,
): string[] {
  const shown = rows.map(([name, amount]) => [name, `${grouped(amount)} ${currency}`] as const);
  const names = Math.max(...shown.map(([name]) => name.length));
  const amounts = Math.max(...shown.map(([, amount]) => amount.length));
  const lines = shown.map(([name, amount]) =>
    `${name.padEnd(names)}  ${amount.padStart(amounts)}`.padStart(width),
  );
  const last = lines.pop() ?? "";
  return ["─".repeat(width), ...lines, last];
}

function totalsOf({ total, shadow_total }: Statement): (readonly [string, string])[] {
  const own = ["Total", total] as const;
  return shadow_total === undefined ? [own] : [["Without the comp", shadow_total], own];
}

function creditsNotice({ credits_used }: Statement): string[] {
  return credits_used === undefined
    ? []
    : [`Credits taken from the balance: ${grouped(inDecimals(credits_used))}`];
}

function unbilledNotice({ unbilled = [] }: Statement): string[] {
  if (unbilled.length === 0) return [];
  return [
    "Used and not billed, as plan and contract have it:",
    ...unbilled.map(
      ({ meter, dimensions, quantity, note }) =>
        `${indent}${grouped(quantity)} ${[meter, ...labelsOf(dimensions)].join(", ")}: ${note}`,
    ),
  ];
}

function labelsOf(dimensions: StatementLine["dimensions"]): string[] {
  return Object.entries(dimensions ?? {}).map(([name, value]) => `${name} ${value}`);
}

function unpricedNotice({ unpriced }: Statement): string[] {
  if (unpriced.length === 0) return [];
  return [
    "Not billed: usage without a price. The period does not close by itself until a person decides.",
    ...unpriced.map(({ meter, dimensions, quantity, reason }) => {
      const labels = labelsOf(dimensions);
      const why =
        reason === "meter_not_in_plan" ? "the plan has no such meter" : "no price matches";
      return `${indent}${grouped(quantity)} ${[meter, ...labels].join(", ")}: ${why}`;
    }),
  ];
}

/** Blocks parted by one empty line. */
function page(blocks: readonly (readonly string[])[]): string {
  const texts = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n").trimEnd());
  return `${texts.join("\n\n")}\n`;
}

function wrapped(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
