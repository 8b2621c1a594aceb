/** The fleet as an operator reads it in the morning: the troubled first, and what each needs. */

import type { Instant } from "@submeter/shared/time/instant";

import { nothing, type Page, paragraphs, plural, section } from "../text/page.ts";
import { quantityText } from "../text/number-text.ts";
import type { Paint } from "../text/paint.ts";
import { type Column, table } from "../text/table.ts";
import { apiInstant, instantText, minuteText, relativeText, spanText } from "../text/time-text.ts";

export type FleetState =
  | "reporting"
  | "late"
  | "offline"
  | "skewed"
  | "never_reported"
  | "forked"
  | "retired";

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
  readonly disk_free_bytes?: number | null;
  readonly quarantined?: number;
};

/** Worst first: that is what a person looks for. */
export const order: readonly FleetState[] = [
  "forked",
  "offline",
  "late",
  "skewed",
  "never_reported",
  "reporting",
  "retired",
];

const marks: Readonly<Record<FleetState, { mark: string; colour: keyof Paint; word: string }>> = {
  forked: { mark: "✗", colour: "bad", word: "forked" },
  offline: { mark: "✗", colour: "bad", word: "offline" },
  late: { mark: "!", colour: "warning", word: "late" },
  skewed: { mark: "~", colour: "warning", word: "skewed" },
  never_reported: { mark: "?", colour: "warning", word: "never reported" },
  reporting: { mark: "●", colour: "good", word: "reporting" },
  retired: { mark: "–", colour: "faint", word: "retired" },
};

const needyShown = 12;

/** Below this an agent's journal may soon have no room. */
const diskFreeBytesMin = 512 * 1024 * 1024;

/** Beyond this the agent's clock is told apart (billing rules, case 34). */
const clockSkewMsMax = 300_000;

export type FleetCounts = Readonly<Partial<Record<FleetState, number>>>;

/** `counts`: of all that was asked for, as of `countedAt`, when `items` are only the first of them. */
export function fleetText(
  page: Page,
  items: readonly FleetItem[],
  counts: FleetCounts = countsOf(items),
  countedAt?: string | null,
): string {
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
    fleetSummary(page, counts, ` at ${instantText(page.now)}${ageText(page, countedAt)}`),
    table(
      page,
      columns,
      sorted.map((item) => cells(page, item)),
    ),
    section(page, "What needs you", needsOfAll(page, sorted).join("\n")),
  );
}

function countsOf(items: readonly FleetItem[]): FleetCounts {
  const groups = Map.groupBy(items, ({ state }) => state);
  return Object.fromEntries([...groups].map(([state, of]) => [state, of.length]));
}

export function fleetSummary(page: Page, counts: FleetCounts, at: string): string {
  const total = order.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  if (total === 0) return "No installation is expected to report.";
  const parts = order.flatMap((state) => {
    const count = counts[state] ?? 0;
    const { colour, word } = marks[state];
    return count === 0 ? [] : [page.paint[colour](`${quantityText(String(count))} ${word}`)];
  });
  return `${quantityText(String(total))} ${total === 1 ? "installation" : "installations"}${at}: ${parts.join(" · ")}`;
}

/** A look at a large fleet is due every minute: what is much older says that nobody looks. */
const ageSecondsUsual = 150;

/** How old counts are, where they are not of this moment. */
export function ageText(page: Page, countedAt: string | null | undefined): string {
  if (countedAt === undefined) return "";
  const at = apiInstant(countedAt);
  if (at === null) return `, ${page.paint.warning("still being counted")}`;
  const seconds = page.now - at;
  if (seconds < 2) return "";
  const text = `counted ${spanText(seconds)} ago`;
  return `, ${seconds <= ageSecondsUsual ? page.paint.faint(text) : page.paint.warning(text)}`;
}

const columns: readonly Column[] = [
  { head: "installation" },
  { head: "customer", drops: 1 },
  { head: "state" },
  { head: "covered up to" },
  { head: "silent", align: "right" },
  { head: "fallback from" },
  { head: "", align: "right", drops: 2 },
  { head: "journals", drops: 3 },
  { head: "waiting", align: "right", drops: 4 },
  { head: "agent", drops: 5 },
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

/** Of a large fleet the worst: who reads on asks for one state at a time. */
function needsOfAll(page: Page, items: readonly FleetItem[]): string[] {
  const needy = items.filter((item) => needsOf(item).length > 0);
  const more = needy.length - needyShown;
  return [
    ...needy.slice(0, needyShown).flatMap((item) => needsText(page, item)),
    ...(more > 0 ? [page.paint.faint(`  … and ${plural(more, "more installation")}`)] : []),
  ];
}

function needsText(page: Page, item: FleetItem): string[] {
  return needsOf(item).flatMap(({ fact, next }) => [
    `  ${page.paint.strong(item.installation)} ${fact}`,
    `    → ${next}`,
  ]);
}

type Need = { readonly fact: string; readonly next: string };

function needsOf(item: FleetItem): Need[] {
  const { installation, state } = item;
  const quarantined = item.quarantined ?? 0;
  const dead = item.journals?.dead ?? 0;
  const skewMs = Math.abs(item.clock_skew_ms ?? 0);
  const needs: (Need | false)[] = [
    state === "forked" && {
      fact: "reports from two copies of one journal",
      next: `submeter journals list ${installation}   then retire the copy`,
    },
    state === "offline" && {
      fact: "is silent for longer than its contract allows: what is billed now is provisional",
      next: `ask the customer; if it is gone: submeter installations retire ${installation} --at … --reason …`,
    },
    quarantined > 0 && {
      fact: `has ${plural(quarantined, "report")} in quarantine, not counted until you decide`,
      next: `submeter reports list --installation ${installation} --undecided`,
    },
    dead > 0 &&
      state !== "offline" && {
        fact: `has ${plural(dead, "journal")} that fell silent while others report`,
        next: `submeter journals list ${installation}`,
      },
    state !== "retired" &&
      (item.disk_free_bytes ?? diskFreeBytesMin) < diskFreeBytesMin && {
        fact: `has ${Math.floor((item.disk_free_bytes ?? 0) / 1024 / 1024)} MiB left on the disk of its journal`,
        next: "ask the customer to make room: where there is none, the agent counts nothing",
      },
    skewMs > clockSkewMsMax && {
      fact: `has a clock that is off by ${spanText(skewMs / 1000)}`,
      next: "ask the customer to set the host's clock",
    },
  ];
  return needs.filter((need) => need !== false);
}
