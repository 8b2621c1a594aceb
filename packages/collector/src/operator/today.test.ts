/** The operator's morning as it is printed: all that may wait, and the morning on which nothing does. */

import { expect, test } from "vitest";
import type { TodayAnswer } from "./commands/today-text.ts";
import { golden } from "./golden.fixture.ts";
import { runAgainst } from "./operator-session.fixture.ts";

const quiet: TodayAnswer = {
  at: "2026-01-08T14:12:00Z",
  waits_for_you: false,
  fleet: { reporting: 46 },
  silent: [],
  waiting_to_close: [],
  decisions: [],
  unusual: [],
  unbilled: {
    amounts: [{ currency: "USD", amount: "12480.50" }],
    contracts: { valued: 45, all: 45 },
  },
  unreconciled: [],
  agents: { total: 0, newest: "1.4.0", agents: [] },
  webhooks: [],
  unreadable: [],
};

const silent = {
  installation: "beta-1",
  customer: "beta",
  state: "offline" as const,
  last_covered: "2026-01-05T10:00:00Z",
  silent_seconds: 273_600,
  minimum_starts_at: "2026-01-08T10:00:00Z",
  fault: "customer" as const,
  outage_hours: 0,
};
const agent = {
  installation: "gamma-on-prem",
  agent_version: "1.4.0",
  clock_skew_ms: 0,
  disk_free_bytes: 9_000_000_000,
  backlog: 0,
  old: false,
  skewed: false,
  full: false,
  behind: false,
};

const busy: TodayAnswer = {
  ...quiet,
  waits_for_you: true,
  fleet: { forked: 1, offline: 2, late: 14, never_reported: 3, reporting: 99_980 },
  fleet_counted_at: "2026-01-08T14:11:20Z",
  silent: [
    silent,
    {
      ...silent,
      installation: "delta-eu",
      customer: "delta",
      state: "late",
      silent_seconds: 28_800,
      minimum_starts_at: "2026-01-11T06:00:00Z",
      fault: "no_key",
    },
    {
      ...silent,
      installation: "omega-vpc",
      customer: "omega",
      state: "late",
      silent_seconds: 14_400,
      minimum_starts_at: "2026-01-12T08:00:00Z",
      fault: "collector_outage",
      outage_hours: 9,
    },
    {
      ...silent,
      installation: "zeta",
      customer: null,
      fault: "held_reports",
      minimum_starts_at: null,
    },
  ],
  waiting_to_close: [
    {
      customer: "beta",
      contract: "beta-2025",
      period: { from: "2025-12-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
      state: "waiting",
      why: [
        "14 hours of journal bbbbbbbb of beta-1 depend on a held report: decide with `submeter reports accept|reject`, or they are excused at 2026-01-15T09:00:00Z",
      ],
      earliest: "2026-01-02T00:00:00Z",
      latest: "2026-01-15T09:00:00Z",
    },
  ],
  decisions: [
    { kind: "quarantine", count: 3, first: "beta-1 bbbbbbbb-0000-4000-8000-bbbbbbbbbbbb 7" },
    { kind: "correction", count: 1, first: "cor_acme_20251201T00_2" },
    { kind: "adjustment", count: 2, first: "adj_acme_2" },
    { kind: "shutdown", count: 1, first: "acme-eu 3" },
    { kind: "subject", count: 12, first: "tenant-7 --installation saas" },
  ],
  unusual: [
    {
      installation: "acme-eu",
      meter: "tokens",
      day: "2026-01-07",
      kind: "collapse",
      quantity: "120000",
      usual: "4180334.5",
    },
    {
      installation: "omega-vpc",
      meter: "requests",
      day: "2026-01-07",
      kind: "explosion",
      quantity: "91000",
      usual: "1204",
    },
  ],
  unbilled: {
    amounts: [
      { currency: "EUR", amount: "1204.00" },
      { currency: "USD", amount: "312480.55" },
    ],
    contracts: { valued: 100, all: 4120 },
  },
  unreconciled: [
    {
      document: "inv_acme_20251201T00_1",
      customer: "acme",
      status: "refused",
      code: "total_differs",
      detail: "in_1 came to 125101 minor units, booked are 125100",
      attempts: 1,
    },
  ],
  agents: {
    total: 31,
    newest: "1.4.0",
    agents: [
      { ...agent, full: true, disk_free_bytes: 78_000_000, old: true, agent_version: "1.1.2" },
      {
        ...agent,
        installation: "skewed-1",
        skewed: true,
        clock_skew_ms: -420_000,
        behind: true,
        backlog: 96,
      },
    ],
  },
  webhooks: [{ id: "wh_01", failed: 2 }],
  unreadable: [{ contract: "gamma-2026", installations: 4 }],
};

test.each([
  { name: "today/busy", answer: busy },
  { name: "today/nothing-waits", answer: quiet },
  {
    name: "today/new",
    answer: { ...quiet, fleet: {}, unbilled: { amounts: [], contracts: { valued: 0, all: 0 } } },
  },
])("$name", async ({ name, answer }) => {
  const session = await runAgainst({ "GET /api/v1/today": { json: answer } }, ["today"]);
  const shown = `$ submeter today\n${session.out}${session.errors}\nexit ${session.exitCode}\n`;
  expect(shown).toBe(golden(name, shown));
});
