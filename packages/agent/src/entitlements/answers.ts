/** Entitlements as the agent answers them: from the last verified state and what was counted since, with their age. */

import {
  decideEntitlement,
  type EntitlementAnswer,
  secondsLeft,
} from "@submeter/shared/entitlements/decide";
import type { Entitlements } from "@submeter/shared/entitlements/entitlements";
import type { Decimal } from "@submeter/shared/numbers/decimal";
import type { Clock } from "@submeter/shared/time/clock";
import { formatInstant, parseInstant } from "@submeter/shared/time/instant";
import type { CollectorKnowledge } from "../delivery/collector-knowledge.ts";
import type { Unrecorded } from "./unrecorded.ts";

export type LocalEntitlement = EntitlementAnswer & {
  /** Up to when the collector's word goes, and how long ago that is by this machine's clock; null before the first state. */
  readonly as_of: string | null;
  readonly staleness_seconds: number | null;
  readonly suspended: Entitlements["suspended"];
};

export type AllEntitlements = {
  readonly as_of: string | null;
  readonly staleness_seconds: number | null;
  readonly suspended: Entitlements["suspended"];
  readonly trial_ends_at: string | null;
  /** What the plan allows besides what is counted; null while nothing was told. */
  readonly features: Entitlements["features"] | null;
  readonly meters: readonly EntitlementAnswer[];
};

type Parts = {
  readonly knowledge: CollectorKnowledge;
  readonly unrecorded: Unrecorded;
  readonly clock: Clock;
  /** Of the meter file. */
  readonly meters: readonly string[];
};

/** After a product was told that it must not go on, the state is asked for so often: it may have changed. */
const pressingSeconds = 60;

export class LocalEntitlements {
  readonly #parts: Parts;
  #heldBackAt: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A product was held back in the last minutes: whoever just paid for more should not wait for hours. */
  get pressing(): boolean {
    const at = this.#heldBackAt;
    return at !== null && this.#parts.clock.monotonicMs() - at < 2 * pressingSeconds * 1000;
  }

  isDeclared(meter: string): boolean {
    return this.#parts.meters.includes(meter);
  }

  /** `perSecond`: asks how long what remains lasts at this pace. */
  async of(
    meter: string,
    perSecond: Decimal | null,
  ): Promise<LocalEntitlement & { seconds_left?: number | null }> {
    await this.#parts.unrecorded.ready();
    const answer = this.#decided(meter);
    const { as_of, staleness_seconds, suspended } = this.#told();
    return {
      ...answer,
      ...(perSecond === null ? {} : { seconds_left: secondsLeft(answer.remaining, perSecond) }),
      as_of,
      staleness_seconds,
      suspended,
    };
  }

  async all(): Promise<AllEntitlements> {
    await this.#parts.unrecorded.ready();
    const meters = this.#parts.meters.map((meter) => this.#decided(meter));
    return { ...this.#told(), meters };
  }

  #decided(meter: string): EntitlementAnswer {
    const { knowledge, unrecorded, clock } = this.#parts;
    const answer = decideEntitlement({
      meter,
      now: clock.now(),
      held: knowledge.held,
      countedSince: unrecorded.countedSince,
    });
    if (answer.status === "blocked" || answer.status === "throttle") {
      this.#heldBackAt = clock.monotonicMs();
    }
    return answer;
  }

  #told(): Omit<AllEntitlements, "meters"> {
    const { knowledge, clock } = this.#parts;
    const { held } = knowledge;
    const entitlements = held?.entitlements ?? null;
    const asOf =
      entitlements === null ? (held?.issuedAt ?? null) : parseInstant(entitlements.as_of);
    return {
      as_of: asOf === null ? null : formatInstant(asOf),
      staleness_seconds: asOf === null ? null : Math.max(0, clock.now() - asOf),
      suspended: entitlements?.suspended ?? null,
      trial_ends_at: entitlements?.trial_ends_at ?? null,
      features: entitlements?.features ?? null,
    };
  }
}
