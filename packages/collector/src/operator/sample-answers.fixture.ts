/** Answers as the admin API gives them: a small vendor with one of everything. */

import type { Adjustment } from "./commands/adjustments/adjustment.ts";
import { type ChainedEntry, entryHash } from "@submeter/shared/evidence/audit-chain";
import type { Contract } from "./commands/contracts/contract.ts";
import type { Customer } from "./commands/customers/customer.ts";
import type { CloseItem } from "./commands/close/close-text.ts";
import type { Correction } from "./commands/corrections/correction.ts";
import type { ShownCorrection } from "./commands/corrections/show.ts";
import type { FleetItem } from "./commands/fleet-text.ts";
import type { Installation } from "./commands/installations/installation.ts";
import type { Invoice } from "./commands/invoices/invoice.ts";
import type { PreviewAnswer } from "./commands/invoices/preview.ts";
import type { Journal } from "./commands/journals/journal.ts";
import type { StoredPlan } from "./commands/plans/plan.ts";
import type { StoredReport } from "./commands/reports/report.ts";
import type { Shutdown } from "./commands/shutdowns/shutdown.ts";
import type { UsageAnswer } from "./commands/usage-text.ts";

export const journalOf = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`;

export const acme: Customer = {
  id: "acme",
  name: "Acme GmbH",
  email: "billing@acme.example",
  stripe_customer_id: "cus_TEST1",
  created_at: "2026-01-02T09:30:00Z",
};

export const beta: Customer = {
  id: "beta",
  name: "Beta Logistics",
  email: null,
  stripe_customer_id: null,
  created_at: "2026-01-03T10:00:00Z",
};

export const acmeEu: Installation = {
  id: "acme-eu",
  customer: "acme",
  enrolled_at: "2026-01-05T00:00:00Z",
  retired_at: null,
  keys: [
    { number: "1", state: "verify-only", created_at: "2026-01-04T16:20:00Z" },
    { number: "2", state: "active", created_at: "2026-01-07T08:00:00Z" },
  ],
  assignments: [{ customer: "acme", subject: "", from: "2026-01-05T00:00:00Z", to: null }],
  journals: 2,
};

export const issued = {
  installation: { ...acmeEu, keys: [{ number: "1", state: "active" }] },
  key: { number: "1", state: "active" },
  environment: {
    TELEMETRY_ENDPOINT: "https://collector.example.com",
    TELEMETRY_HMAC_KEY: "smk_acme-eu.1_not-a-key-but-an-example-of-one",
    TELEMETRY_INTERVAL_SECONDS: "3600",
  },
};

export const journals: readonly Journal[] = [
  {
    journal: journalOf("a"),
    through: 62,
    covered_through: "2026-01-07T14:00:00Z",
    holes: [],
    replaces: null,
    final_at: null,
    expected: true,
    outcomes: { accepted: 62, quarantined: 0, rejected: 0 },
  },
  {
    journal: journalOf("b"),
    through: 3,
    covered_through: "2026-01-08T13:00:00Z",
    holes: [4, 5],
    replaces: { journal: journalOf("a"), reason: "fork" },
    final_at: null,
    expected: true,
    outcomes: { accepted: 2, quarantined: 2, rejected: 0 },
  },
];

export const standardPlan: StoredPlan = {
  id: "standard",
  version: 1,
  digest: "3f".repeat(32),
  created_at: "2026-01-02T09:00:00Z",
  document: {
    version: 1,
    id: "standard",
    description: "What everybody gets",
    currency: "USD",
    meters: [
      { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
      { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
      { name: "errors", unit: "error", aggregation: "sum", scale: 0, billed: false },
    ],
    lines: [
      { id: "platform", kind: "base", amount: "100.00", timing: "advance" },
      { id: "requests", kind: "usage", meter: "requests", unit_price: "0.01", included: "1000" },
      {
        id: "tokens",
        kind: "usage",
        meter: "tokens",
        prices: [
          { dimensions: { direction: "input" }, unit_price: "0.000003" },
          { dimensions: { direction: "output" }, unit_price: "0.000015" },
        ],
        unpriced: "refuse",
      },
    ],
  },
};

export const acmeContract: Contract = {
  id: "acme",
  version: 1,
  customer: "acme",
  document: {
    version: 1,
    id: "acme",
    customer: "acme",
    plan: { id: "standard", version: 1 },
    currency: "USD",
    term: { from: "2026-01-05T00:00:00Z", to: null },
    cycle: { every: "days", days: 7, anchor: "2026-01-05T00:00:00Z" },
    minimum: { amount: "1000.00" },
    fallback: "share",
    report_due_hours: 72,
  },
};

export const fleet: readonly FleetItem[] = [
  {
    installation: "acme-eu",
    customer: "acme",
    state: "forked",
    last_covered: "2026-01-08T13:00:00Z",
    silent_seconds: 4320,
    fallback_from: "2026-01-11T13:00:00Z",
    journals: { expected: 2, dead: 0 },
    backlog: 0,
    agent_version: "0.1.0",
    clock_skew_ms: 12,
    quarantined: 2,
  },
  {
    installation: "beta-1",
    customer: "beta",
    state: "offline",
    last_covered: "2026-01-05T10:00:00Z",
    silent_seconds: 274_320,
    fallback_from: "2026-01-08T10:00:00Z",
    journals: { expected: 1, dead: 1 },
    backlog: null,
    agent_version: "0.1.0",
    clock_skew_ms: 0,
    quarantined: 0,
  },
  {
    installation: "gamma-on-prem",
    customer: "gamma",
    state: "late",
    last_covered: "2026-01-08T07:00:00Z",
    silent_seconds: 25_920,
    fallback_from: "2026-01-11T07:00:00Z",
    journals: { expected: 1, dead: 0 },
    backlog: 3,
    agent_version: "0.1.0",
    clock_skew_ms: -420_000,
    quarantined: 0,
  },
  {
    installation: "delta-new",
    customer: "delta",
    state: "never_reported",
    last_covered: null,
    silent_seconds: null,
    fallback_from: "2026-02-04T00:00:00Z",
    journals: { expected: 0, dead: 0 },
    backlog: null,
    agent_version: null,
    clock_skew_ms: null,
    quarantined: 0,
  },
  {
    installation: "omega-vpc",
    customer: "omega",
    state: "reporting",
    last_covered: "2026-01-08T14:00:00Z",
    silent_seconds: 720,
    fallback_from: "2026-01-11T14:00:00Z",
    journals: { expected: 3, dead: 0 },
    backlog: 0,
    agent_version: "0.1.0",
    clock_skew_ms: 3,
    quarantined: 0,
  },
];

export const usage: UsageAnswer = {
  rows: [
    { at: "2026-01-05T00:00:00Z", customer: "acme", meter: "requests", quantity: "7717" },
    {
      at: "2026-01-05T00:00:00Z",
      customer: "acme",
      meter: "tokens",
      dimensions: { direction: "input" },
      quantity: "18059974",
    },
    { at: "2026-01-06T00:00:00Z", customer: "acme", meter: "requests", quantity: "1102" },
  ],
  totals: { requests: "8819", tokens: "18059974" },
  adjustments: [
    {
      id: "adj_acme_1",
      customer: "acme",
      meter: "requests",
      dimensions: {},
      from: "2026-01-06T00:00:00Z",
      to: "2026-01-07T00:00:00Z",
      within: "-500",
      reason: "a load test of ours",
    },
  ],
  adjusted: { requests: "8319" },
  unknown: [{ installation: "acme-eu", from: "2026-01-08T13:00:00Z", never_reported: false }],
  quarantined: [
    {
      at: "2026-01-07T15:00:00Z",
      installation: "acme-eu",
      customer: "acme",
      meter: "requests",
      quantity: "240",
      reason: "overlaps windows of the journal that it replaces",
    },
  ],
  unbilled: [
    {
      at: "2026-01-04T23:00:00Z",
      installation: "acme-eu",
      customer: "acme",
      meter: "requests",
      quantity: "12",
      reason: "before the contract",
    },
  ],
};

export const closeItems: readonly CloseItem[] = [
  {
    customer: "beta",
    contract: "beta-2026",
    period: { from: "2025-12-29T00:00:00Z", to: "2026-01-05T00:00:00Z" },
    state: "waiting",
    why: [
      "3 hours of journal bbbbbbbb of beta-1: overdue after 2026-01-07T21:00:00Z, when 72 h of silence are full",
    ],
    hours: { text: "counted 165 · pending 3 of 168 installation-hours" },
    earliest: "2026-01-06T00:00:00Z",
    latest: "2026-01-09T00:00:00Z",
  },
  {
    customer: "acme",
    contract: "acme",
    period: { from: "2026-01-05T00:00:00Z", to: "2026-01-12T00:00:00Z" },
    state: "open",
    why: [],
    earliest: "2026-01-13T00:00:00Z",
    latest: "2026-01-15T00:00:00Z",
  },
  {
    customer: "omega",
    contract: "omega",
    period: { from: "2025-12-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
    state: "closeable",
    why: [],
    earliest: "2026-01-02T00:00:00Z",
    latest: "2026-01-04T00:00:00Z",
  },
];

export const invoices: readonly Invoice[] = [
  {
    id: "inv_0001",
    customer: "acme",
    contract: "acme",
    kind: "period",
    period: { from: "2025-12-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
    sequence: 1,
    status: "finalized",
    basis: "measured",
    provisional: false,
    currency: "USD",
    total: "2499.99",
    stripe: { id: "in_TEST1", number: "SUB-0001", total: "2499.99" },
  },
  {
    id: "inv_0002",
    customer: "beta",
    contract: "beta-2026",
    period: { from: "2025-12-29T00:00:00Z", to: "2026-01-05T00:00:00Z" },
    sequence: 1,
    status: "booked",
    basis: "fallback",
    provisional: true,
    currency: "USD",
    total: "1000.00",
    stripe: null,
  },
  {
    id: "inv_0003",
    customer: "omega",
    contract: "omega",
    period: { from: "2025-12-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
    sequence: 1,
    status: "refused",
    basis: "measured_with_gaps",
    provisional: false,
    currency: "JPY",
    total: "120000",
    stripe: null,
    last_error: {
      code: "totals_differ",
      detail: "Stripe's subtotal is 119,999 JPY, ours is 120,000 JPY: not finalized",
    },
  },
];

export const corrections: readonly Correction[] = [
  {
    id: "cor_0001",
    customer: "beta",
    of_invoice: "inv_0002",
    period_from: "2025-12-29T00:00:00Z",
    currency: "USD",
    amount: "241.94",
    status: "awaiting_approval",
    status_reason: "more than 20 % of the statement",
    created_at: "2026-01-08T12:00:00Z",
  },
  {
    id: "cor_0002",
    customer: "acme",
    of_invoice: "inv_0001",
    period_from: "2025-12-01T00:00:00Z",
    currency: "USD",
    amount: "-0.01",
    status: "carried",
    status_reason: "under the least amount that can be credited",
    created_at: "2026-01-08T13:00:00Z",
  },
];

export const shownCorrection: ShownCorrection = {
  ...(corrections[0] as Correction),
  document: {
    version: 1,
    customer: "beta",
    contract: "beta-2026",
    currency: "USD",
    period: {
      from: "2025-12-29T00:00:00Z",
      to: "2026-01-05T00:00:00Z",
      cycle_from: "2025-12-29T00:00:00Z",
      cycle_to: "2026-01-05T00:00:00Z",
    },
    from_number: 1,
    to_number: 2,
    basis: { before: "fallback", after: "measured" },
    settles: true,
    direction: "increase",
    lines: [
      {
        line: "requests",
        kind: "usage",
        description: "Requests",
        period: { from: "2025-12-29T00:00:00Z", to: "2026-01-05T00:00:00Z" },
        before: "600.00",
        after: "1241.94",
        amount: "641.94",
      },
      {
        line: "true_up",
        kind: "true_up",
        description: "Minimum of 1,000.00",
        period: { from: "2025-12-29T00:00:00Z", to: "2026-01-05T00:00:00Z" },
        before: "400.00",
        after: null,
        amount: "-400.00",
      },
    ],
    total: "241.94",
    original_total: "1000.00",
  },
};

export const quarantined: StoredReport = {
  installation: "acme-eu",
  journal: journalOf("b"),
  sequence: 2,
  outcome: "quarantined",
  code: "window_overlaps_replaced_journal",
  digest: "ab".repeat(32),
  decision: null,
  sealed_at: "2026-01-08T12:00:04Z",
  recorded_at: "2026-01-08T12:00:05Z",
};

export const accepted: StoredReport = {
  ...quarantined,
  journal: journalOf("a"),
  sequence: 62,
  outcome: "accepted",
  code: null,
};

const openHours = {
  expected: 86,
  counted: 85,
  pending: 1,
  uncounted: 0,
  excused: 0,
  overdue: 0,
  text: "counted 85 · pending 1 of 86 installation-hours",
};

const week = { from: "2026-01-05T00:00:00Z", to: "2026-01-12T00:00:00Z" };

export const preview: PreviewAnswer = {
  statement: {
    version: 1,
    scope: "period",
    number: 1,
    as_of: "2026-01-08T14:12:00Z",
    customer: "acme",
    contract: { id: "acme", version: 1 },
    plan: { id: "standard", version: 1 },
    currency: "USD",
    period: { ...week, cycle_from: week.from, cycle_to: week.to },
    basis: "open",
    fallback: null,
    provisional: false,
    hours: openHours,
    lines: [
      {
        id: "platform",
        kind: "base",
        description: "Platform fee",
        meter: null,
        dimensions: null,
        quantity: null,
        unit: null,
        unit_price: null,
        period: week,
        timing: "advance",
        amount: "100.00",
        computation: [],
      },
      {
        id: "requests",
        kind: "overage",
        description: "Requests beyond 1,000",
        meter: "requests",
        dimensions: {},
        quantity: "7819",
        unit: "requests",
        unit_price: "0.01",
        period: week,
        timing: "arrears",
        amount: "78.19",
        computation: [],
      },
    ],
    total: "178.19",
    unpriced: [
      {
        meter: "tokens",
        dimensions: { direction: "cached" },
        quantity: "512",
        reason: "no_price_matches",
      },
    ],
    needs_decision: ["unpriced_usage"],
    carried_digest: "00".repeat(32),
    inputs_digest: "11".repeat(32),
    engine: "1",
  },
};

export const attested: Shutdown = {
  installation: "acme-eu",
  id: 3,
  from: "2026-12-22T18:00:00Z",
  until: "2027-01-02T06:00:00Z",
  reason: "the plant is closed over the holidays",
  stated_by: "M. Keller",
  stated_at: "2026-12-22T17:40:00Z",
  stated_late: false,
  report: { journal: journalOf("a"), sequence: 412 },
  recorded_at: "2026-12-22T17:40:02Z",
  status: "waiting",
  decided_at: null,
  decided_by: null,
  decision_reason: null,
};

export const adjustment: Adjustment = {
  id: "adj_acme_2",
  customer: "acme",
  meter: "requests",
  dimensions: { model: "a" },
  from: "2026-01-06T00:00:00Z",
  to: "2026-01-07T00:00:00Z",
  quantity: "-500",
  reason: "a load test of ours",
  status: "proposed",
  created_by: "Ada",
  decided_by: null,
  decision_reason: null,
};
const firstAudited = chained(null, {
  number: 1,
  at: "2026-01-08T09:00:00Z",
  who: "owner",
  action: "key.rotated",
  subject: "installation:acme-eu",
  reason: null,
  before: '[{"number":"1","state":"active"}]',
  after: '{"number":"2","state":"active"}',
});

export const auditChain: readonly ChainedEntry[] = [
  firstAudited,
  chained(firstAudited.hash, {
    number: 2,
    at: "2026-01-08T09:30:00Z",
    who: "finance",
    action: "key.revoked",
    subject: "installation:acme-eu",
    reason: "found in a public repository",
    before: '{"number":"1","state":"verify-only"}',
    after: '{"number":"1","state":"compromised"}',
  }),
];

export const auditEntries = auditChain.toReversed().map((entry) => ({
  ...entry,
  before: JSON.parse(entry.before ?? "null") as unknown,
  after: JSON.parse(entry.after ?? "null") as unknown,
}));

function chained(
  previous: string | null,
  entry: Omit<ChainedEntry, "previous" | "hash">,
): ChainedEntry {
  return { ...entry, previous, hash: entryHash({ ...entry, previous }) };
}
