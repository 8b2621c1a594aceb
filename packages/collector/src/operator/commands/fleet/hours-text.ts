/** The hours of an installation as a calendar: a line a day, a sign an hour, and each month in numbers. */

import type { Page } from "../../text/page.ts";
import { paragraphs, section } from "../../text/page.ts";
import type { Paint } from "../../text/paint.ts";
import { table } from "../../text/table.ts";
import { type FleetItem, fleetText } from "../fleet-text.ts";

export type DayOfHours = { readonly day: string; readonly hours: string };

export type InstallationHours = {
  readonly item: FleetItem;
  /** `c` counted, `p` pending, `u` uncounted, `e` excused, `o` overdue, `.` not expected. */
  readonly days: readonly DayOfHours[];
};

const signs: Readonly<Record<string, { sign: string; colour: keyof Paint; word: string }>> = {
  c: { sign: "█", colour: "good", word: "counted" },
  p: { sign: "▒", colour: "warning", word: "pending" },
  u: { sign: "×", colour: "bad", word: "uncounted" },
  o: { sign: "!", colour: "bad", word: "overdue" },
  e: { sign: "=", colour: "faint", word: "excused" },
  ".": { sign: "·", colour: "faint", word: "not expected" },
};

/** `all`: for the months in numbers, when `hours` shows only the last days. */
export function installationHoursText(
  page: Page,
  hours: InstallationHours,
  all: readonly DayOfHours[],
): string {
  return paragraphs(
    fleetText(page, [hours.item]),
    section(page, "Hours by month", monthsText(page, all)),
    section(page, "Hours by day (UTC)", [ruler(page), ...daysText(page, hours.days)].join("\n")),
    legend(page),
  );
}

/** 0, 6, 12 and 18 o'clock. */
function ruler(page: Page): string {
  return page.paint.faint(`${" ".repeat(12)}0     6     12    18`);
}

/** Days alike one after the other are one line: a year without trouble is read at a glance. */
function daysText(page: Page, days: readonly DayOfHours[]): string[] {
  const lines: string[] = [];
  let first = 0;
  while (first < days.length) {
    const { day = "", hours = "" } = days[first] ?? {};
    let last = first;
    while (days[last + 1]?.hours === hours) last += 1;
    const more = last === first ? "" : page.paint.faint(`  to ${days[last]?.day ?? ""}`);
    lines.push(`${day}  ${drawn(page, hours)}${more}`);
    first = last + 1;
  }
  return lines;
}

function drawn(page: Page, hours: string): string {
  return hours
    .replaceAll(/(.)\1*/g, (run) => {
      const { sign, colour } = signs[run[0] ?? "."] ?? { sign: "?", colour: "bad" as const };
      return page.paint[colour](sign.repeat(run.length));
    })
    .trimEnd();
}

function monthsText(page: Page, days: readonly DayOfHours[]): string {
  const months = Map.groupBy(days, ({ day }) => day.slice(0, 7));
  const kinds = ["c", "p", "u", "o", "e"];
  const rows = [...months].flatMap(([month, some]) => {
    const hours = some.map((one) => one.hours).join("");
    const counts = kinds.map((kind) => hours.split(kind).length - 1);
    // Before its enrolment, and after it was retired, nothing was expected: that is no row of zeros.
    return counts.every((count) => count === 0) ? [] : [[month, ...counts.map(String)]];
  });
  if (rows.length === 0) return "";
  const columns = kinds.map((kind) => ({
    head: signs[kind]?.word ?? "",
    align: "right" as const,
  }));
  return table(page, [{ head: "month" }, ...columns], rows);
}

function legend(page: Page): string {
  return Object.values(signs)
    .map(({ sign, colour, word }) => `${page.paint[colour](sign)} ${word}`)
    .join("   ");
}
