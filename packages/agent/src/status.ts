/** How the agent stands, for the person who asks: counting, waiting, delivered, and what the vendor holds. */

import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, formatInstant } from "@submeter/shared/time/instant";
import type { AgentConfig } from "./config.ts";
import type { EventIds } from "./counting/event-ids.ts";
import type { GroupCommit } from "./counting/group-commit.ts";
import type { Heard } from "./counting/heard.ts";
import type { OpenWindows } from "./counting/open-windows.ts";
import type { CollectorKnowledge } from "./delivery/collector-knowledge.ts";
import { holdFacts } from "./delivery/hold-facts.ts";
import type { Delivery } from "./delivery/deliver.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { FurtherWaysStatus } from "./intake/further-ways.ts";
import type { Journal } from "./journal/journal.ts";
import { keptAside } from "./journal/set-aside.ts";
import { agentVersion } from "./sealing/agent-facts.ts";
import type { Sealer } from "./sealing/seal.ts";

type StatusParts = {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly eventIds: EventIds;
  readonly groupCommit: GroupCommit;
  readonly knowledge: CollectorKnowledge;
  readonly sealer: Sealer;
  readonly delivery: Delivery;
  readonly heartbeat: Heartbeat;
  readonly heard: Heard;
  readonly startedAt: Instant;
  readonly further: FurtherWaysStatus;
};

/** Billing takes an hour for uncounted in which a declared source said nothing. */
const silentSeconds = 3600;

/** As `GET /v1/status` answers and `status --json` prints. Instants are RFC 3339. */
export type AgentStatus = ReturnType<typeof agentStatus>;

export function agentStatus(parts: StatusParts) {
  const { config, clock, journal, windows, eventIds, groupCommit, sealer, heartbeat } = parts;
  const { identity } = sealer;
  const backlog = journal.reports.backlog();
  return {
    version: agentVersion,
    installation: config.key.installation,
    journal: identity.journal,
    /** Files of journals that could not be read: each waits for a person. */
    replaced_files: keptAside(journal.path),
    endpoint: config.endpoint.ingest.href,
    now: formatInstant(clock.now()),
    counting: {
      refusing: groupCommit.refusing,
      open_lines: windows.size,
      remembered_ids: eventIds.remembered,
    },
    sources: sourcesStatus(parts),
    ways: parts.further,
    sealing: {
      last_sequence: identity.lastSequence,
      final: identity.final,
      next_at: identity.final ? null : formatInstant(heartbeat.nextSealAt),
    },
    backlog: {
      reports: backlog.reports,
      bytes: backlog.bytes,
      oldest_sealed_at: instantOrNull(backlog.oldestSealedAt),
      parked: journal.reports.parked(),
    },
    hold: holdStatus(parts),
    shutdown: shutdownStatus(parts),
    last_receipt: lastReceipt(journal),
    delivery: deliveryStatus(parts),
    collector: collectorStatus(parts),
  };
}

/** `silent`: for so long that hours are lost by it, unless nobody is expected; `heard_at` null: not since the agent started. */
function sourcesStatus(parts: StatusParts) {
  const { config, heard, startedAt, clock, sealer, journal } = parts;
  const now = clock.now();
  const isAttested = journal.shutdowns.all().some(({ from, until }) => from <= now && now < until);
  const isExpected = !isAttested && !sealer.identity.final;
  return config.meters.sources.map((name) => {
    const at = heard.lastAt(name);
    const silent = isExpected && now - Math.max(at ?? startedAt, startedAt) >= silentSeconds;
    return { name, heard_at: instantOrNull(at), silent };
  });
}

function lastReceipt(journal: Journal) {
  const last = journal.reports.lastReceipt();
  return last === null
    ? null
    : {
        journal: last.journal,
        sequence: last.sequence,
        outcome: last.outcome,
        code: last.code,
        recorded_at: formatInstant(last.recordedAt),
      };
}

function holdStatus({ journal, knowledge, clock }: StatusParts) {
  const { since, reports, oldestSealedAt, overdueAt } = holdFacts(journal, knowledge);
  return {
    since: instantOrNull(since),
    reports,
    oldest_sealed_at: instantOrNull(oldestSealedAt),
    overdue_at: instantOrNull(overdueAt),
    overdue_in_seconds: overdueAt === null ? null : overdueAt - clock.now(),
  };
}

/** The attested one that runs, else the next; null when there is none. */
function shutdownStatus({ journal, clock }: StatusParts) {
  const now = clock.now();
  const [open] = journal.shutdowns.all().filter(({ from, until }) => until > now && until > from);
  if (open === undefined) return null;
  const { from, until, reason } = open;
  return { from: formatInstant(from), until: formatInstant(until), reason };
}

function deliveryStatus({ knowledge, delivery }: StatusParts) {
  const { stranger } = knowledge;
  const { problem } = delivery;
  return {
    state: stranger !== null ? "stopped" : delivery.waitMs > 0 ? "waiting" : "ready",
    next_attempt_in_seconds: Math.ceil(delivery.waitMs / 1000),
    problem: problem === null ? null : { ...problem, at: formatInstant(problem.at) },
    other_collector:
      stranger === null
        ? null
        : { collector: stranger.collector, seen_at: formatInstant(stranger.seenAt) },
  };
}

function collectorStatus({ knowledge, clock }: StatusParts) {
  const { held } = knowledge;
  if (held === null) return null;
  const { state } = held;
  const fallbackAt = state.fallback_at === null ? null : Date.parse(state.fallback_at) / 1000;
  return {
    collector: state.collector,
    revision: state.revision,
    issued_at: state.issued_at,
    report_due_hours: state.report_due_hours,
    covered_through: state.covered_through,
    fallback_at: state.fallback_at,
    fallback_in_seconds: fallbackAt === null ? null : fallbackAt - clock.now(),
    clock_skew_ms: held.skewMs,
  };
}

function instantOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
