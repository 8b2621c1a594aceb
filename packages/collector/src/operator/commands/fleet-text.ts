/** The fleet as an operator reads it in the morning: the troubled first, and what each needs. */

import type { Instant } from "@submeter/shared/time/instant";

import { nothing, type Page, paragraphs, plural, section } from "../text/page.ts";
import type { Paint } from "../text/paint.ts";
import { type Column, table } from "../text/table.ts";
import { apiInstant, minuteText, relativeText, spanText } from "../text/time-text.ts";

export type FleetState = "reporting" | "late" | "offline" | "never_reported" | "forked" | "retired";

export type FleetItem = {
  readonly installation: string;
  readonly customer: string | null;
  readonly state: FleetState;
  readonly last_covered: string | null;
  /** Accountable seconds since `last_covered`. */
  readonly silent_seconds: number | null;
  readonly fallback_from: string | null;
  readonly journals?: { readonly expected: number; readonly dead: number };
  readonly backlog?: number | null;
  readonly agent_version?: string | null;
  readonly clock_skew_ms?: number | null;
  readonly quarantined?: number;
};

/** Worst first: that is what a person looks for. */
const order: readonly FleetState[] = [
  "forked",
  "offline",
  "late",
  "never_reported",
  "reporting",
  "retired",
];

const marks: Readonly<Record<FleetState, { mark: string; colour: keyof Paint; word: string }>> = {
  forked: { mark: "✗", colour: "bad", word: "forked" },
  offline: { mark: "✗", colour: "bad", word: "offline" },
  late: { mark: "!", colour: "warning", word: "late" },
  never_reported: { mark: "?", colour: "warning", word: "never reported" },
  reporting: { mark: "●", colour: "good", word: "reporting" },
  retired: { mark: "–", colour: "faint", word: "retired" },
};

/** Beyond this the agent's clock is told apart (billing rules, case 34). */
const clockSkewMsMax = 300_000;

export function fleetText(page: Page, items: readonly FleetItem[]): string {
  if (items.length === 0) {
    return nothing(
      page,
      "No installation is expected to report.",
      "submeter installations add acme-1 --customer acme --enrolled now",
    );
  }
  const sorted = items.toSorted(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) ||
      (b.silent_seconds ?? 0) - (a.silent_seconds ?? 0) ||
      (a.installation < b.installation ? -1 : 1),
  );
  return paragraphs(
    summary(page, items),
    table(
      page,
      columns,
      sorted.map((item) => cells(page, item)),
    ),
    section(page, "What needs you", sorted.flatMap((item) => needs(item)).join("\n")),
  );
}

function summary(page: Page, items: readonly FleetItem[]): string {
  const parts = order.flatMap((state) => {
    const count = items.filter((item) => item.state === state).length;
    const { colour, word } = marks[state];
    return count === 0 ? [] : [page.paint[colour](`${count} ${word}`)];
  });
  return `${plural(items.length, "installation")}: ${parts.join(" · ")}`;
}

const columns: readonly Column[] = [
  { head: "installation" },
  { head: "customer" },
  { head: "state" },
  { head: "covered up to (UTC)" },
  { head: "silent", align: "right" },
  { head: "fallback from (UTC)" },
  { head: "", align: "right" },
  { head: "journals" },
  { head: "waiting", align: "right" },
  { head: "agent" },
];

function cells(page: Page, item: FleetItem): string[] {
  const { mark, colour, word } = marks[item.state];
  const fallback = item.state === "retired" ? null : apiInstant(item.fallback_from);
  const covered = apiInstant(item.last_covered);
  return [
    page.paint.strong(item.installation),
    item.customer ?? "–",
    page.paint[colour](`${mark} ${word}`),
    covered === null ? "–" : minuteText(covered),
    silentText(item),
    fallback === null ? "" : minuteText(fallback),
    fallback === null ? "" : fallbackDistance(page, fallback),
    journalsCell(page, item),
    item.backlog === null || item.backlog === undefined ? "" : String(item.backlog),
    item.agent_version ?? "",
  ];
}

function silentText(item: FleetItem): string {
  return item.state === "retired" || item.silent_seconds === null
    ? ""
    : spanText(item.silent_seconds);
}

function fallbackDistance(page: Page, fallback: Instant): string {
  const text = relativeText(fallback, page.now);
  return fallback <= page.now ? page.paint.bad(text) : page.paint.faint(text);
}

function journalsCell(page: Page, item: FleetItem): string {
  if (item.journals === undefined) return "";
  const { expected, dead } = item.journals;
  return dead === 0 ? String(expected) : `${expected}, ${page.paint.bad(`${dead} silent`)}`;
}

function needs(item: FleetItem): string[] {
  const lines: string[] = [];
  const { installation } = item;
  if (item.state === "forked") {
    lines.push(
      `  ${installation}  a copy of its journal reports too → submeter journals list ${installation}`,
    );
  }
  if (item.state === "offline") {
    lines.push(
      `  ${installation}  is silent beyond its term: its next bill is provisional → call the customer, or submeter installations retire ${installation}`,
    );
  }
  if ((item.quarantined ?? 0) > 0) {
    lines.push(
      `  ${installation}  ${plural(item.quarantined ?? 0, "report")} in quarantine → submeter reports list --installation ${installation} --outcome quarantined`,
    );
  }
  if ((item.journals?.dead ?? 0) > 0 && item.state !== "offline") {
    lines.push(
      `  ${installation}  one of its journals is silent → submeter journals list ${installation}`,
    );
  }
  if (Math.abs(item.clock_skew_ms ?? 0) > clockSkewMsMax) {
    const skew = spanText(Math.abs(item.clock_skew_ms ?? 0) / 1000);
    lines.push(
      `  ${installation}  its clock is off by ${skew} → the customer sets the host's clock`,
    );
  }
  return lines;
}
