/** The fleet at the command line: counts of all of it, and one installation's calendar. */

import { describe, expect, test } from "vitest";
import { golden } from "./golden.fixture.ts";
import { runAgainst } from "./operator-session.fixture.ts";
import { fleet } from "./sample-answers.fixture.ts";
import type { Script } from "./scripted-collector.fixture.ts";

const counted = "c".repeat(24);
const days = [
  ...Array.from({ length: 9 }, (_, index) => ({
    day: `2025-12-${23 + index}`,
    hours: counted,
  })),
  { day: "2026-01-01", hours: counted },
  { day: "2026-01-02", hours: `${"c".repeat(9)}uuuuu${"c".repeat(10)}` },
  { day: "2026-01-03", hours: counted },
  { day: "2026-01-04", hours: `${"c".repeat(20)}eeee` },
  { day: "2026-01-05", hours: `${"c".repeat(10)}${"o".repeat(14)}` },
  { day: "2026-01-06", hours: "p".repeat(24) },
];
const [, offline] = fleet;
const counts = { forked: 1, offline: 12, late: 208, skewed: 3, reporting: 99_776, retired: 40 };

const cases: readonly { name: string; typed: string; script: Script; color?: boolean }[] = [
  {
    name: "fleet/large",
    typed: "fleet --search beta --limit 2",
    script: {
      "GET /api/v1/fleet": {
        json: {
          counts,
          counted_at: "2026-01-08T14:11:20Z",
          items: fleet.slice(0, 2),
          next: "more",
        },
      },
    },
  },
  {
    name: "fleet/one-state",
    typed: "fleet --state offline --customer beta --limit all",
    script: { "GET /api/v1/fleet": { json: { counts, items: [offline], next: null } } },
  },
  {
    name: "fleet/calendar",
    typed: "fleet show beta-1 --days 7",
    script: { "GET /api/v1/fleet/beta-1": { json: { item: offline, days } } },
  },
  {
    name: "fleet/calendar-all",
    typed: "fleet show beta-1 --days all",
    script: { "GET /api/v1/fleet/beta-1": { json: { item: offline, days } } },
  },
  { name: "fleet/calendar-refused", typed: "fleet show beta-1 --days 500", script: {} },
];

describe("the fleet at the command line", () => {
  test.each(cases)("$name", async ({ name, typed, script }) => {
    const session = await runAgainst(script, typed.split(" "), { width: 120 });
    const shown = [
      `$ submeter ${typed}`,
      session.out + session.errors,
      `exit ${session.exitCode}`,
      ...session.asked.slice(0, 1).map(({ line }) => `asked: ${line}`),
      "",
    ].join("\n");
    expect(shown).toBe(golden(name, shown));
  });
});
