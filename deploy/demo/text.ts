/** What a person reads before and after the demo ran. */

import { styleText } from "node:util";
import { type Instant, formatInstant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Dataset } from "./dataset.ts";
import type { Replay } from "./replay.ts";
import { type DemoResult, type ListedInvoice, listInvoices } from "./result.ts";
import type { Scenario } from "./scenario.ts";

const columns = 110;

export function openingText(dataset: Dataset, scenario: Scenario, start: Instant): string {
  const at = (hour: number) =>
    formatInstant(start + hour * secondsPerHour)
      .slice(0, 16)
      .replace("T", " ");
  const { silent, doubled, cloned } = scenario;
  return [
    heading("Submeter: a week of real usage, from the product to the invoice"),
    "",
    `  ${dataset.customers.length} customers of a model service, ${grouped(dataset.totals.requests)} requests, ` +
      `${grouped(dataset.totals.inputTokens + dataset.totals.outputTokens)} tokens.`,
    "  Each has an agent of its own (SQLite), which reports every hour over HTTP to one collector",
    "  (PostgreSQL), which rates by contract and invoices through a Stripe double. The clock is moved.",
    "",
    `  ${bold(silent.customer)} is cut off from ${at(silent.fromHour)} to ${at(silent.toHour)} UTC: more than 72 hours.`,
    ...(doubled === null
      ? []
      : [`  ${bold(doubled.customer)} has a network that sends every report twice.`]),
    ...(cloned === null
      ? []
      : [
          `  ${bold(cloned.customer)} has a snapshot of its machine started beside it at ${at(cloned.fromHour)} UTC.`,
        ]),
    "",
    "",
  ].join("\n");
}

/** The fleet as the operator sees it when the contracts end, before the last invoices. */
export function fleetText(demo: Replay): Promise<string> {
  return shownCommand(demo, ["fleet"]);
}

export async function closingText(demo: Replay, result: DemoResult): Promise<string> {
  const { vendor, scenario, dataset } = demo;
  const invoices = await listInvoices(vendor);
  const shown = invoices.find(
    ({ customer, corrections }) => customer === scenario.silent.customer && corrections.length > 0,
  );
  const show = ["invoices", "show", shown?.id ?? invoices[0]?.id ?? ""];
  return [
    await shownCommand(demo, show),
    heading("What it came to"),
    "",
    invoiceSummary(invoices),
    reportSummary(result),
    totalsTable(dataset, result),
    "",
  ].join("\n");
}

async function shownCommand({ vendor }: Replay, args: readonly string[]): Promise<string> {
  const printed = await vendor.submeter(args, columns);
  return `${dim("$")} ${bold(`submeter ${args.join(" ")}`)}\n\n${printed}\n`;
}

function invoiceSummary(invoices: readonly ListedInvoice[]): string {
  const provisional = invoices.filter(({ basis }) => basis === "fallback").length;
  const corrected = invoices.filter(({ corrections }) => corrections.length > 0).length;
  const equal = invoices.filter(({ total, stripe }) => stripe?.total === total).length;
  return [
    `  ${invoices.length} invoices; ${provisional} billed at the contracted minimum while a customer was silent;`,
    `  ${corrected} with the corrections that followed; ${equal} equal to Stripe's to the cent.`,
  ].join("\n");
}

function reportSummary({ reports }: DemoResult): string {
  return [
    `  ${grouped(reports.accepted)} reports accepted, ${grouped(reports.duplicate)} delivered again and counted once,`,
    `  ${reports.quarantined} held back from the snapshot and refused by the operator, ${reports.conflict} in conflict.`,
    "",
  ].join("\n");
}

function totalsTable(dataset: Dataset, { usage }: DemoResult): string {
  const rows = [
    ["requests", usage.requests, dataset.totals.requests],
    ["input tokens", usage.input_tokens, dataset.totals.inputTokens],
    ["output tokens", usage.output_tokens, dataset.totals.outputTokens],
  ] as const;
  const head = `  ${"".padEnd(14)}${"the dataset".padStart(20)}${"the collector".padStart(20)}`;
  const lines = rows.map(([name, counted, published]) => {
    const equal = counted === published.toString();
    const verdict = equal ? green("equal") : red("different");
    return `  ${name.padEnd(14)}${grouped(published).padStart(20)}${grouped(BigInt(counted)).padStart(20)}  ${verdict}`;
  });
  return [dim(head), ...lines].join("\n");
}

function grouped(value: bigint | number): string {
  return value.toLocaleString("en-US");
}

function heading(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}

function bold(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}

function dim(text: string): string {
  return styleText("dim", text, { stream: process.stdout });
}

function green(text: string): string {
  return styleText("green", text, { stream: process.stdout });
}

function red(text: string): string {
  return styleText("red", text, { stream: process.stdout });
}
