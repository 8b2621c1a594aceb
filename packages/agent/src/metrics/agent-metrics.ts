/** What an operator wants to see of an agent that nobody can log into. No meter, dimension or quantity stands here. */

import type { Clock } from "@submeter/shared/time/clock";
import { parseInstant } from "@submeter/shared/time/instant";
import type { GroupCommit } from "../counting/group-commit.ts";
import { rememberedIdsMax } from "../counting/event-ids.ts";
import type { AgentStatus } from "../status.ts";
import type { Family, Sample } from "./exposition.ts";

export type MetricsParts = {
  readonly status: () => AgentStatus;
  readonly groupCommit: Pick<GroupCommit, "tally" | "durableMs">;
  readonly clock: Clock;
  /** By the clock that never steps. */
  readonly startedMs: number;
  readonly journalBytes: () => number | null;
  readonly diskFreeBytes: () => number | null;
};

const prefix = "submeter_agent_";

export function agentMetrics(parts: MetricsParts): Family[] {
  const status = parts.status();
  return [
    ...intakeFamilies(parts, status),
    ...statsdFamilies(status),
    ...sourceFamilies(status),
    ...deliveryFamilies(status, parts.clock),
    ...hostFamilies(parts, status),
  ];
}

function intakeFamilies({ groupCommit, clock }: MetricsParts, status: AgentStatus): Family[] {
  const { tally, durableMs } = groupCommit;
  const { refusing } = status.counting;
  return [
    counter("events_accepted_total", "Events counted, each durable.", [{ value: tally.accepted }]),
    counter("events_duplicate_total", "Events whose id was counted before.", [
      { value: tally.duplicates },
    ]),
    counter("events_refused_total", "Events not counted, by reason.", byReason(tally.refused)),
    counter(
      "requests_refused_total",
      "Requests answered with a problem, by its code.",
      byReason(tally.refusedRequests),
    ),
    counter(
      "counters_taken_up_total",
      "Counters of others that are counted from where they stood when they were first seen.",
      [{ value: tally.takenUp }],
    ),
    counter("commit_failures_total", "Commits that the journal did not take.", [
      { value: tally.commitFailures },
    ]),
    gauge("counting", "1 while events are counted, 0 while they are refused.", [
      { value: refusing === null ? 1 : 0 },
    ]),
    gauge(
      "durable_age_seconds",
      "Since coverage was last made durable.",
      known(durableMs === null ? null : (clock.monotonicMs() - durableMs) / 1000),
    ),
    gauge("open_lines", "Lines counted and not sealed yet.", [
      { value: status.counting.open_lines },
    ]),
    gauge("remembered_ids", "Event ids remembered, of which retries count once.", [
      { value: status.counting.remembered_ids },
    ]),
    gauge("remembered_ids_limit", "So many ids are remembered at most.", [
      { value: rememberedIdsMax },
    ]),
  ];
}

function statsdFamilies({ ways }: AgentStatus): Family[] {
  const { statsd } = ways;
  if (statsd === null) return [];
  return [
    counter("statsd_packets_total", "StatsD packets read.", [{ value: statsd.packets }]),
    counter(
      "statsd_lines_refused_total",
      "StatsD lines not counted, by reason.",
      byReason(new Map(Object.entries(statsd.bad))),
    ),
    counter("statsd_lines_lost_total", "StatsD lines that the journal would not take.", [
      { value: statsd.not_durable },
    ]),
    counter(
      "statsd_packets_dropped_total",
      "Datagrams that the kernel dropped for want of buffer.",
      known(statsd.dropped),
    ),
  ];
}

/** Their names are the meter file's or the ways file's: nothing that a product sends stands in them. */
function sourceFamilies({ sources, ways }: AgentStatus): Family[] {
  return [
    gauge(
      "source_silent",
      "1 while a declared source has said nothing for an hour: such hours are not counted.",
      sources.map(({ name, silent }) => ({ labels: { source: name }, value: silent ? 1 : 0 })),
    ),
    gauge(
      "source_heard_timestamp_seconds",
      "When a declared source was last heard.",
      sources.flatMap(({ name, heard_at: at }) =>
        at === null ? [] : [{ labels: { source: name }, value: parseInstant(at) }],
      ),
    ),
    gauge(
      "scrape_failing",
      "Pages of a source that could not be read or counted at the last look.",
      [...Map.groupBy(ways.scrape, ({ source }) => source)].map(([source, pages]) => ({
        labels: { source },
        value: pages.filter(({ problem }) => problem !== null).length,
      })),
    ),
    gauge(
      "heartbeats_down",
      "Heartbeats whose product is not seen to be up.",
      ways.heartbeat.length === 0
        ? []
        : [{ value: ways.heartbeat.filter(({ up_at: at }) => at === null).length }],
    ),
  ];
}

function deliveryFamilies(status: AgentStatus, clock: Clock): Family[] {
  const { backlog, delivery, collector, last_receipt: receipt, sealing } = status;
  const ageOf = (instant: string | null | undefined) =>
    instant == null ? null : Math.max(0, clock.now() - parseInstant(instant));
  const oldest = backlog.oldest_sealed_at === null ? 0 : ageOf(backlog.oldest_sealed_at);
  return [
    counter("reports_sealed_total", "Reports sealed by this journal.", [
      { value: sealing.last_sequence },
    ]),
    gauge("backlog_reports", "Sealed reports without a receipt.", [{ value: backlog.reports }]),
    gauge("backlog_bytes", "Their bytes.", [{ value: backlog.bytes }]),
    gauge("backlog_oldest_seconds", "Age of the oldest of them, 0 without any.", known(oldest)),
    gauge("reports_parked", "Reports that the vendor rejected.", [{ value: backlog.parked }]),
    gauge(
      "last_receipt_timestamp_seconds",
      "When the vendor recorded the report of the newest receipt.",
      known(receipt === null ? null : parseInstant(receipt.recorded_at)),
    ),
    gauge("delivery_stopped", "1 when another collector answers and a person must decide.", [
      { value: delivery.state === "stopped" ? 1 : 0 },
    ]),
    gauge("delivery_failing", "1 while the last attempt brought no receipt.", [
      { value: delivery.problem === null ? 0 : 1 },
    ]),
    gauge(
      "state_age_seconds",
      "Age of the vendor's newest word on coverage and entitlements.",
      known(ageOf(collector?.issued_at)),
    ),
    gauge(
      "fallback_seconds",
      "Until billing falls back to the contracted minimum, if nothing more arrives.",
      known(collector?.fallback_in_seconds),
    ),
    gauge(
      "clock_skew_seconds",
      "This machine's clock minus the vendor's.",
      known(collector === null ? null : collector.clock_skew_ms / 1000),
    ),
  ];
}

function hostFamilies(parts: MetricsParts, status: AgentStatus): Family[] {
  const upSeconds = (parts.clock.monotonicMs() - parts.startedMs) / 1000;
  return [
    gauge("journal_bytes", "Size of the journal's files.", known(parts.journalBytes())),
    gauge("disk_free_bytes", "Free where the journal lies.", known(parts.diskFreeBytes())),
    gauge("uptime_seconds", "Since the agent started.", [{ value: upSeconds }]),
    gauge("info", "Who this is.", [
      { labels: { version: status.version, installation: status.installation }, value: 1 },
    ]),
    {
      name: "process_resident_memory_bytes",
      help: "Resident memory size in bytes.",
      type: "gauge",
      samples: [{ value: process.memoryUsage.rss() }],
    },
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `${prefix}${name}`, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `${prefix}${name}`, help, type: "gauge", samples };
}

/** None while it is not known: an alert must not take what nobody knows for 0. */
function known(value: number | null | undefined): Sample[] {
  return value == null ? [] : [{ value }];
}

function byReason(counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([reason, value]) => ({ labels: { reason }, value }));
}
