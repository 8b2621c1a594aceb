/** What a request about usage is answered, once its facts are durable or certain not to be counted. */

import { type Problem, problem } from "@submeter/shared/errors/problem";
import type { FactOutcome, Refusal } from "../counting/group-commit.ts";
import type { Rejection } from "./read-events.ts";

export type Answer =
  | { readonly status: 204 }
  | { readonly status: 200; readonly json: unknown }
  | {
      readonly status: number;
      readonly mediaType: string;
      readonly bytes: Uint8Array;
      readonly headers?: Readonly<Record<string, string>>;
      readonly retryAfterSeconds?: number;
    }
  | ProblemAnswer;

export type ProblemAnswer = {
  readonly status: number;
  readonly problem: Problem;
  readonly retryAfterSeconds?: number;
};

export type ReadRequest = {
  readonly single: boolean;
  readonly indexes: readonly number[];
  readonly rejected: readonly Rejection[];
};

/** A list: 200 with `{accepted, duplicates, rejected}`. One event: 204, 200 for a duplicate, or its problem. */
export function usageAnswer(request: ReadRequest, outcomes: readonly FactOutcome[]): Answer {
  let accepted = 0;
  let duplicates = 0;
  const rejected: Rejection[] = [...request.rejected];
  for (const [position, outcome] of outcomes.entries()) {
    const index = request.indexes[position] ?? position;
    switch (outcome) {
      case "counted":
        accepted += 1;
        break;
      case "duplicate":
        duplicates += 1;
        break;
      case "reused":
      case "overflow":
      case "streams_full":
        rejected.push({ index, ...outcomeFaults[outcome] });
    }
  }
  const [only] = rejected;
  if (request.single && only !== undefined) {
    const { status, code, detail, hint } = only;
    return { status, problem: problem(status, code, detail, hint) };
  }
  if (request.single && accepted === 1) return { status: 204 };
  rejected.sort((a, b) => a.index - b.index);
  const shown = rejected.map(({ index, code, detail, hint }) => ({ index, code, detail, hint }));
  return { status: 200, json: { accepted, duplicates, rejected: shown } };
}

export function refused(why: Problem): Answer {
  return { status: why.status, problem: why };
}

/** Nothing of the request was counted; the product sends it again. */
export function refusalAnswer(reason: Refusal): ProblemAnswer {
  const { detail, hint, retryAfterSeconds } = refusals[reason];
  return { status: 503, problem: problem(503, reason, detail, hint), retryAfterSeconds };
}

const refusals: Record<Refusal, { detail: string; hint: string; retryAfterSeconds: number }> = {
  ids_full: {
    detail: "as many event ids are remembered as the agent can hold",
    hint: "send again later, or send fewer events with ids (a list of counts needs none)",
    retryAfterSeconds: 300,
  },
  disk_full: {
    detail: "the disk of the agent's state is full, so nothing can be made durable",
    hint: "free space there; send again afterwards",
    retryAfterSeconds: 30,
  },
  commit_failed: {
    detail: "the journal could not take the events",
    hint: "send again; if it persists, see the agent's log",
    retryAfterSeconds: 5,
  },
  journal_broken: {
    detail: "the journal failed, and the agent starts afresh from what is durable",
    hint: "send again in a moment; if it persists, see the agent's log",
    retryAfterSeconds: 5,
  },
  stopping: {
    detail: "the agent is stopping",
    hint: "send again when it has started",
    retryAfterSeconds: 5,
  },
};

/** What an outcome that is no count says of its item. */
export const outcomeFaults: Readonly<
  Record<Exclude<FactOutcome, "counted" | "duplicate">, Omit<Rejection, "index">>
> = {
  reused: {
    status: 409,
    code: "id_reused",
    detail: "this id was counted before with another quantity or other dimensions",
    hint: "give each event an id of its own, and send a retry unchanged",
  },
  overflow: {
    status: 422,
    code: "total_too_large",
    detail: "the hour's total would have more than 18 digits before the point",
    hint: "check the product: no usage is this large",
  },
  streams_full: {
    status: 503,
    code: "streams_full",
    detail: "as many counters are remembered as the agent can hold",
    hint: "export fewer attributes: only those that the meter declares as dimensions are of use",
  },
};
