/** A correction: what a closed period should have been, less what was billed, and what happens to it. */

import { signedAmountText } from "../../text/number-text.ts";
import { nothing, type Page, paragraphs, section } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import { cellInstant } from "../../text/time-text.ts";

export type CorrectionStatus =
  | "awaiting_approval"
  | "ready"
  | "carried"
  | "invoiced"
  | "credited"
  | "dropped"
  | "not_billed";

export type Correction = {
  readonly id: string;
  readonly customer: string;
  readonly of_invoice: string;
  readonly period_from?: string;
  readonly currency: string;
  readonly amount: string;
  readonly status: CorrectionStatus;
  readonly status_reason?: string | null;
  readonly created_at?: string | null;
  readonly invoice?: string | null;
  readonly decided_by?: string | null;
  readonly decided_at?: string | null;
  readonly decision_reason?: string | null;
};

const colours: Readonly<Record<CorrectionStatus, keyof Paint>> = {
  awaiting_approval: "warning",
  ready: "good",
  carried: "faint",
  invoiced: "good",
  credited: "good",
  dropped: "faint",
  not_billed: "faint",
};

const columns: readonly Column[] = [
  { head: "correction" },
  { head: "customer" },
  { head: "of invoice" },
  { head: "period from" },
  { head: "amount", align: "right" },
  { head: "status" },
  { head: "why", shrinks: true },
];

export function correctionsText(page: Page, corrections: readonly Correction[]): string {
  if (corrections.length === 0) {
    return nothing(
      page,
      "There are no corrections: every booked invoice is what it should be.",
      "late reports, decisions and retirements dated back bring them here",
    );
  }
  const waiting = corrections.filter(({ status }) => status === "awaiting_approval");
  return paragraphs(
    table(
      page,
      columns,
      corrections.map((correction) => cells(page, correction)),
    ),
    section(
      page,
      "What needs you",
      waiting.map((correction) => needText(page, correction)).join("\n"),
    ),
  );
}

function needText(page: Page, { id, customer, amount, currency }: Correction): string {
  return [
    `  ${page.paint.strong(id)} of ${signedAmountText(amount, currency)} for ${customer} waits for your approval`,
    `    → submeter corrections approve ${id} --reason …   or drop it`,
  ].join("\n");
}

function cells(page: Page, correction: Correction): string[] {
  return [
    correction.id,
    page.paint.strong(correction.customer),
    correction.of_invoice,
    correction.period_from === undefined ? "" : cellInstant(correction.period_from),
    signedAmountText(correction.amount, correction.currency),
    page.paint[colours[correction.status]](correction.status.replaceAll("_", " ")),
    correction.status_reason ?? "",
  ];
}
