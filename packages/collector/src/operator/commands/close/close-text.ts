/** The month's end as an operator reads it: what can close, what waits and for whom. */

import { bullets, nothing, type Page, paragraphs, section } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { type Column, table } from "../../text/table.ts";
import {
  apiInstant,
  cellInstant,
  minuteText,
  periodText,
  relativeText,
} from "../../text/time-text.ts";

export type CloseState = "open" | "closeable" | "waiting" | "booked";

export type CloseItem = {
  readonly customer: string;
  readonly contract: string;
  readonly period: { readonly from: string; readonly to: string };
  readonly state: CloseState;
  readonly why: readonly string[];
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly hours?: { readonly text: string } | null;
};

const order: readonly CloseState[] = ["waiting", "closeable", "open", "booked"];

const marks: Readonly<Record<CloseState, { mark: string; colour: keyof Paint }>> = {
  waiting: { mark: "!", colour: "warning" },
  closeable: { mark: "●", colour: "good" },
  open: { mark: "○", colour: "faint" },
  booked: { mark: "✓", colour: "good" },
};

const columns: readonly Column[] = [
  { head: "customer" },
  { head: "contract" },
  { head: "period" },
  { head: "state" },
  { head: "earliest (UTC)" },
  { head: "latest (UTC)" },
  { head: "", align: "right" },
];

export function closeText(page: Page, items: readonly CloseItem[]): string {
  if (items.length === 0) {
    return nothing(
      page,
      "No period is running.",
      "a contract brings its periods: submeter contracts set --customer acme --plan standard@1 --from 2026-01-01",
    );
  }
  const sorted = items.toSorted(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) ||
      compareText(a.period.to, b.period.to) ||
      compareText(a.customer, b.customer),
  );
  return paragraphs(
    table(
      page,
      columns,
      sorted.map((item) => cells(page, item)),
    ),
    section(page, "What they wait for", sorted.flatMap((item) => reasons(page, item)).join("\n")),
    sorted.some((item) => item.state === "closeable")
      ? page.paint.faint("→ submeter invoices close   books what can close now")
      : "",
  );
}

function cells(page: Page, item: CloseItem): string[] {
  const { mark, colour } = marks[item.state];
  const latest = item.state === "booked" ? null : apiInstant(item.latest);
  return [
    page.paint.strong(item.customer),
    item.contract === item.customer ? "" : item.contract,
    periodText(item.period),
    page.paint[colour](`${mark} ${item.state}`),
    closesText(item),
    latest === null ? "" : minuteText(latest),
    latest === null || latest <= page.now ? "" : page.paint.faint(relativeText(latest, page.now)),
  ];
}

function closesText(item: CloseItem): string {
  if (item.state === "booked") return "";
  return item.state === "closeable" ? "now" : cellInstant(item.earliest);
}

/** That a period still runs needs no words; what a waiting one waits for does. */
function reasons(page: Page, item: CloseItem): string[] {
  if (item.state !== "waiting") return [];
  const hours = item.hours?.text === undefined ? "" : `: ${item.hours.text}`;
  const heading = `  ${page.paint.strong(item.customer)}, ${periodText(item.period)}${hours}`;
  return [heading, bullets(page, item.why, "    ")];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
