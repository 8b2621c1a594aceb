import { golden } from "@submeter/shared/golden.fixture";
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../status.ts";
import { statusText } from "./status.ts";

const well: AgentStatus = {
  version: "0.1.0",
  installation: "acme-prod",
  journal: "00000000-0000-4000-8000-000000000001",
  replaced_files: [],
  endpoint: "https://usage.example.com/ingest",
  now: "2026-01-05T10:48:12Z",
  counting: { refusing: null, open_lines: 214, remembered_ids: 120_000 },
  sources: [{ name: "product", heard_at: "2026-01-05T10:48:03Z", silent: false }],
  ways: { statsd: null, scrape: [], heartbeat: [] },
  sealing: { last_sequence: 17, final: false, next_at: "2026-01-05T11:03:27Z" },
  backlog: { reports: 0, bytes: 0, oldest_sealed_at: null, parked: 0 },
  hold: {
    since: null,
    reports: 0,
    oldest_sealed_at: null,
    overdue_at: "2026-01-08T09:00:00Z",
    overdue_in_seconds: 252_708,
  },
  shutdown: null,
  last_receipt: {
    journal: "00000000-0000-4000-8000-000000000001",
    sequence: 17,
    outcome: "accepted",
    code: null,
    recorded_at: "2026-01-05T10:03:28Z",
  },
  delivery: { state: "ready", next_attempt_in_seconds: 0, problem: null, other_collector: null },
  collector: {
    collector: "vendor",
    revision: "8",
    issued_at: "2026-01-05T09:03:28Z",
    report_due_hours: 72,
    covered_through: "2026-01-05T09:00:00Z",
    fallback_at: "2026-01-08T09:00:00Z",
    fallback_in_seconds: 252_708,
    clock_skew_ms: 12,
  },
};

const problem = {
  code: "answer_unsigned",
  detail: "HTTP 200 without a receipt: the header content-digest is missing",
  status: 200,
  at: "2026-01-05T10:47:00Z",
};
function scraped(
  source: string,
  changes: { problem?: string; samples?: number; refused?: number },
): AgentStatus["ways"]["scrape"][number] {
  const url = `http://127.0.0.1:8000/${source}`;
  return { source, url, read_at: 1_767_610_080, samples: 3, refused: 0, problem: null, ...changes };
}

const backlog = { reports: 41, bytes: 91_400, oldest_sealed_at: "2026-01-03T17:03:27Z", parked: 0 };

const situations: { given: string; changes: Partial<AgentStatus> }[] = [
  { given: "all is well", changes: {} },
  {
    given: "the journal was replaced",
    changes: { replaced_files: ["journal.sqlite.corrupt-1"] },
  },
  {
    given: "a portal stands in the way",
    changes: {
      backlog,
      delivery: { ...well.delivery, state: "waiting", next_attempt_in_seconds: 421, problem },
      collector: well.collector && { ...well.collector, fallback_in_seconds: 61_200 },
    },
  },
  {
    given: "the fallback has begun",
    changes: {
      backlog,
      collector: well.collector && { ...well.collector, fallback_in_seconds: -5 },
    },
  },
  {
    given: "a staging copy answers",
    changes: {
      backlog,
      delivery: {
        ...well.delivery,
        state: "stopped",
        other_collector: { collector: "staging", seen_at: "2026-01-05T10:00:00Z" },
      },
    },
  },
  {
    given: "the disk is full and a report was rejected",
    changes: {
      counting: { ...well.counting, refusing: "disk_full" },
      backlog: { ...well.backlog, parked: 1 },
    },
  },
  {
    given: "reports are held back for review, and a shutdown is attested",
    changes: {
      backlog,
      hold: { ...well.hold, since: "2026-01-03T17:00:00Z", reports: 41 },
      shutdown: {
        from: "2026-01-06T18:00:00Z",
        until: "2026-01-09T06:00:00Z",
        reason: "the plant is moved",
      },
    },
  },
  {
    given: "what is held back is overdue",
    changes: {
      backlog,
      hold: {
        ...well.hold,
        since: "2026-01-01T17:00:00Z",
        reports: 41,
        overdue_at: "2026-01-05T09:00:00Z",
        overdue_in_seconds: -6492,
      },
    },
  },
  {
    given: "it has only just been installed",
    changes: {
      last_receipt: null,
      collector: null,
      sealing: { ...well.sealing, last_sequence: 0 },
    },
  },
  {
    given: "a source is silent and the further ways leave something out",
    changes: {
      sources: [
        { name: "engine", heard_at: "2026-01-05T07:12:00Z", silent: true },
        { name: "gateway", heard_at: null, silent: true },
        { name: "product", heard_at: null, silent: false },
      ],
      ways: {
        statsd: {
          listening: ["udp:127.0.0.1:8125"],
          packets: 90_412,
          counted: 90_400,
          bad: { meter_unknown: 11, sampled: 1 },
          not_durable: 0,
          dropped: 204,
        },
        scrape: [
          scraped("engine", { problem: "the page cannot be read (ECONNREFUSED)" }),
          scraped("gateway", { samples: 4, refused: 1 }),
          scraped("cache", { samples: 0 }),
        ],
        heartbeat: [
          { meter: "gpu.seconds", up_at: 1_767_610_090 },
          { meter: "seat.seconds", up_at: null },
        ],
      },
    },
  },
  {
    given: "it was retired",
    changes: { sealing: { last_sequence: 18, final: true, next_at: null } },
  },
];

describe("the status that a person reads", () => {
  it.each(situations)("when $given", ({ given, changes }) => {
    const text = statusText({ ...well, ...changes }, (_, plain) => plain);
    const name = `./golden/status-${given.replaceAll(" ", "-")}.txt`;
    expect(text).toBe(golden(import.meta.url, name, text));
  });
});
