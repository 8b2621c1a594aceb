/** An agent from outside: what it is started with, and what can be asked of one that runs. */

import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import type { AgentConfig } from "./config.ts";
import type { DeliveryResult } from "./delivery/delivery-event.ts";
import type { SealedReport } from "./journal/reports-table.ts";
import type { AgentStatus } from "./status.ts";
import type { Randomness } from "./system-random.ts";

export type AgentOptions = {
  readonly config: AgentConfig;
  readonly clock: Clock;
  /** Silent when left out. */
  readonly log?: Logger;
  /** No timers: the caller ticks, seals and delivers. */
  readonly manual?: boolean;
  /** The journal's file; default: in the state directory. */
  readonly journalPath?: string;
  readonly random?: Randomness;
  /** For tests, whose disks change beside them. */
  readonly headroomBytes?: number;
  readonly diskFreeBytes?: (directory: string) => number | null;
};

export type RunningAgent = {
  /** Where intake listens. */
  readonly url: string;
  readonly status: () => AgentStatus;
  /** Makes the coverage durable up to now. */
  readonly tick: () => void;
  /** What happens every second: seals, ticks and delivers what is due. */
  readonly beat: () => void;
  /** Seals what was counted since the last seal; no report when there is nothing to say. */
  readonly sealNow: () => SealedReport[];
  /** Seals the final report: this journal counts no more, and intake has stopped. */
  readonly retire: () => Promise<SealedReport[]>;
  /** Delivers until nothing waits or a step fails. */
  readonly deliverNow: () => Promise<DeliveryResult>;
  /** Stops intake, answers what is in flight, makes everything durable, closes the journal. */
  readonly close: () => Promise<void>;
  /** Resolves with the error when the journal can no longer be trusted: end the process and start afresh. */
  readonly broken: Promise<unknown>;
};
