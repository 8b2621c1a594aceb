/** What the customer attests: `POST /v1/pause`, its end, and what was attested so far. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { type Instant, formatInstant, tryInstant } from "@submeter/shared/time/instant";
import type { Shutdown } from "@submeter/shared/wire/shutdowns";
import type { Journal } from "../journal/journal.ts";
import type { StatedShutdown } from "../journal/shutdowns-table.ts";
import { attested, ended } from "../sealing/attest-shutdown.ts";
import type { Flush } from "./flushed.ts";
import { type Routes, askingRoute, jsonRoute } from "./route.ts";

type PauseParts = {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Seals the statement and delivers it: whoever attests is about to shut down. */
  readonly flush: () => Promise<Flush>;
};

export type ShutdownJson = {
  readonly from: string;
  readonly until: string;
  readonly reason: string;
  readonly by: string | null;
  readonly stated_at: string;
  readonly sealed: boolean;
};

export type Paused = { readonly shutdown: ShutdownJson; readonly flush: Flush };
export type Shutdowns = { readonly shutdowns: readonly ShutdownJson[] };

export function pauseRoutes({ journal, clock, flush }: PauseParts): Routes {
  const state = async (shutdown: Shutdown): Promise<Paused> => {
    const statedAt = clock.now();
    journal.write(() => {
      journal.shutdowns.put(shutdown, statedAt);
    });
    const done = await flush();
    const kept = journal.shutdowns.all().find(({ from }) => from === shutdown.from);
    return {
      shutdown: shutdownJson(kept ?? { ...shutdown, statedAt, sealed: false }),
      flush: done,
    };
  };
  return {
    "/v1/pause": askingRoute(readAsked, (asked) => state(attested(asked, clock.now()))),
    "/v1/pause/end": jsonRoute("POST", () => state(ended(journal.shutdowns.all(), clock.now()))),
    "/v1/shutdowns": jsonRoute("GET", (): Shutdowns => ({
      shutdowns: journal.shutdowns.all().map(shutdownJson),
    })),
  };
}

export function shutdownJson(shutdown: StatedShutdown): ShutdownJson {
  const { from, until, reason, by, statedAt, sealed } = shutdown;
  return {
    from: formatInstant(from),
    until: formatInstant(until),
    reason,
    by,
    stated_at: formatInstant(statedAt),
    sealed,
  };
}

function readAsked(json: unknown): Omit<Shutdown, "from"> & { from: Instant | null } {
  const { from = null, until, reason, by = null } = Object(json) as Record<string, unknown>;
  const start = from === null ? null : instantOf(from);
  const end = instantOf(until);
  if (start !== undefined && end !== undefined && typeof reason === "string") {
    return { from: start, until: end, reason, by: typeof by === "string" ? by : null };
  }
  throw new SubmeterError(
    "shutdown_malformed",
    "a shutdown says from when (unless from now on), until when, and why",
    "send {from?, until, reason, by?} with instants such as 2026-01-02T06:00:00Z",
  );
}

function instantOf(value: unknown): Instant | undefined {
  return typeof value === "string" ? (tryInstant(value) ?? undefined) : undefined;
}
