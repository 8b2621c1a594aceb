/** All that the page shows, in one answer; the page computes nothing that anybody is billed by. */

import type { AgentConfig } from "../config.ts";
import type { CostEstimate } from "@submeter/shared/entitlements/estimate-cost";
import { type Decimal, add, compare, format, zero } from "@submeter/shared/numbers/decimal";
import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, formatInstant, hourFloor } from "@submeter/shared/time/instant";
import type { Dimensions } from "@submeter/shared/wire/dimensions";
import type { OpenWindows } from "../counting/open-windows.ts";
import type { CollectorKnowledge } from "../delivery/collector-knowledge.ts";
import type { LocalEntitlements } from "../entitlements/answers.ts";
import type { Unrecorded } from "../entitlements/unrecorded.ts";
import type { Journal } from "../journal/journal.ts";
import type { Sealer } from "../sealing/seal.ts";
import type { AgentStatus } from "../status.ts";
import type { HourShown, RecentHours } from "./recent-hours.ts";

export type PageParts = {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly windows: OpenWindows;
  readonly knowledge: CollectorKnowledge;
  readonly sealer: Pick<Sealer, "identity">;
  readonly status: () => AgentStatus;
  readonly diskFreeBytes: () => number | null;
  readonly entitlements: LocalEntitlements;
  readonly unrecorded: Unrecorded;
  readonly recent: RecentHours;
};

const outboxShown = 12;
const receiptsShown = 12;
const setsShown = 6;
/** Rating what has many sets of labels takes a while: then it is done so many times less often than it takes. */
const estimatePauseFactor = 50;

export class PageState {
  readonly #parts: PageParts;
  #estimate: { readonly value: CostEstimate; readonly until: number } | null = null;

  constructor(parts: PageParts) {
    this.#parts = parts;
  }

  async read() {
    const { clock, config, journal, entitlements, recent } = this.#parts;
    const now = clock.now();
    const { hours, gaps } = await recent.read(now);
    return {
      now: formatInstant(now),
      air_gapped: config.airGapped ?? false,
      interval_seconds: config.intervalSeconds,
      disk_free_bytes: this.#parts.diskFreeBytes(),
      status: this.#parts.status(),
      /** Why this journal took over from another; null when it did not. */
      replaces: this.#parts.sealer.identity.replaces?.reason ?? null,
      this_hour: this.#thisHour(hourFloor(now), hours.at(-1)?.totals ?? {}),
      hours,
      gaps: gaps.map(({ from, to }) => ({ from: formatInstant(from), to: formatInstant(to) })),
      outbox: journal.view
        .outbox(outboxShown)
        .map(({ sealedAt, ...row }) => ({ ...row, sealed_at: formatInstant(sealedAt) })),
      receipts: journal.view.receipts(receiptsShown).map(({ recordedAt, receivedAt, ...row }) => ({
        ...row,
        recorded_at: formatInstant(recordedAt),
        received_at: formatInstant(receivedAt),
      })),
      entitlements: await entitlements.all(),
      cost: await this.#cost(now),
      leaves: this.#leaves(),
    };
  }

  /** `totals`: of the whole hour, also what a report has carried away already; the sets are of what none has. */
  #thisHour(hour: Instant, totals: HourShown["totals"]) {
    const { config, windows } = this.#parts;
    const sets = Map.groupBy(
      [...windows.each()].filter(({ window }) => window === hour),
      ({ meter }) => meter,
    );
    return {
      from: formatInstant(hour),
      meters: [...config.meters.meters.values()].map(({ name, unit, aggregation }) => {
        const some = (sets.get(name) ?? []).toSorted((a, b) => compare(b.total, a.total));
        return {
          meter: name,
          unit,
          aggregation,
          total: totals[name] ?? "0",
          unsealed: format(some.reduce((sum: Decimal, { total }) => add(sum, total), zero)),
          sets: some.slice(0, setsShown).map(({ dimensions, total }) => ({
            dimensions: JSON.parse(dimensions) as Dimensions,
            total: format(total),
          })),
          more_sets: Math.max(0, some.length - setsShown),
        };
      }),
    };
  }

  /** Null while no plan was told. */
  async #cost(now: Instant) {
    const { knowledge, clock, unrecorded } = this.#parts;
    const told = knowledge.held?.state.plan;
    if (told === undefined) return null;
    // Rating takes ten megabytes, which an agent whose page nobody opens does not need.
    const { readPlanOfState } = await import("@submeter/shared/entitlements/plan-of-state");
    const { estimateCost } = await import("@submeter/shared/entitlements/estimate-cost");
    const read = readPlanOfState(told);
    if (read === null) return null;
    const { plan, prices } = read;
    if (typeof prices === "string") return { plan, prices, estimate: null };
    const started = clock.monotonicMs();
    if (this.#estimate === null || started >= this.#estimate.until) {
      const counted = [...unrecorded.labelled()].map(({ meter, window, dimensions, total }) => ({
        meter,
        window: formatInstant(window),
        dimensions: JSON.parse(dimensions) as Dimensions,
        quantity: format(total),
      }));
      const value = estimateCost(prices, counted, now);
      const tookMs = clock.monotonicMs() - started;
      this.#estimate = { value, until: started + tookMs * estimatePauseFactor };
    }
    return { plan, prices: "shown" as const, estimate: this.#estimate.value };
  }

  /** The data dictionary, as `submeter-agent describe` prints it. */
  #leaves() {
    return [...this.#parts.config.meters.meters.values()].map(
      ({ name, unit, aggregation, dimensions }) => ({
        meter: name,
        unit,
        aggregation,
        dimensions: dimensions.map((one) => ({
          name: one.name,
          values: one.values === null ? null : [...one.values],
          pattern: one.pattern,
          pseudonymous: one.pseudonymous,
        })),
      }),
    );
  }
}
