/**
 * `Idempotency-Key`: a write that is sent again under its key has no second effect and is answered as before.
 *
 *     claim ─► effect ─► answer      one transaction: all of it happened, or none
 *     claim │ effect │ answer        for what is repeatable by nature and takes transactions of its own
 *
 * One transaction that lost against another (a deadlock, a snapshot too old) left nothing behind, and is run again.
 *
 * A refused write leaves its key free. Of a secret that was shown once only that is kept.
 */

import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { secondsPerDay } from "@submeter/shared/time/instant";
import type { Clock } from "@submeter/shared/time/clock";
import { type Database, isTransient } from "../../store/database.ts";
import {
  claimKey,
  completeKey,
  findKey,
  type KeyName,
  releaseKey,
  sweepKeys,
} from "../../store/idempotency-keys.ts";
import { HttpProblem } from "../http-problem.ts";
import { withoutSecrets } from "./shown-once.ts";

export type WriteOnce = {
  readonly database: Database;
  readonly clock: Clock;
  /** Whose key it is: `operator:<token>`, `customer:<token>`. */
  readonly callerOf: (request: FastifyRequest) => string;
};

export type Write = {
  readonly answerSchema: unknown;
  /** By nature: closing what is closed already does nothing. */
  readonly repeatable: boolean;
};

/** How long an answer is kept. */
const keptSeconds = 2 * secondsPerDay;
/** A claim without an answer belongs to a process that is gone when it is older than any request lasts. */
const abandonedSeconds = 600;
/** So long one waits for the other that has the same key. */
const lockTimeoutMs = 5_000;

/** Runs `effect` at most once for each key; without a key simply runs it. */
export async function writeOnce(
  o: WriteOnce,
  write: Write,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: () => Promise<unknown>,
): Promise<unknown> {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string") {
    return write.repeatable ? effect() : again(() => o.database.enclose(effect));
  }
  const claim: Claim = {
    name: {
      caller: o.callerOf(request),
      operation: `${request.method} ${request.routeOptions.url ?? ""}`,
      key,
    },
    digest: requestDigest(request),
  };
  const complete = async (answer: unknown) => {
    const kept = withoutSecrets(write.answerSchema, answer);
    await completeKey(o.database, claim.name, {
      status: reply.statusCode,
      answer: JSON.stringify(kept.answer),
      shownOnce: kept.shownOnce,
    });
    return answer;
  };
  await sweepKeys(o.database, o.clock.now());
  if (write.repeatable) return claimedFirst(o, claim, reply, async () => complete(await effect()));
  try {
    const once = async () => {
      await o.database.query(`set local lock_timeout = ${lockTimeoutMs}`);
      const ours = await claimed(o, claim);
      await o.database.query("set local lock_timeout = 0");
      return ours ? complete(await effect()) : replayed(o, claim, reply);
    };
    return await again(() => o.database.enclose(once));
  } catch (error) {
    throw isLockTimeout(error) ? inProgress() : error;
  }
}

const attemptsMax = 5;

/** `run` is one transaction, with no effect beside it. */
async function again<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attemptsMax || !isTransient(error)) throw error;
    }
  }
}

type Claim = { readonly name: KeyName; readonly digest: Buffer };

async function claimedFirst(
  o: WriteOnce,
  claim: Claim,
  reply: FastifyReply,
  effect: () => Promise<unknown>,
): Promise<unknown> {
  if (!(await claimed(o, claim))) return replayed(o, claim, reply);
  try {
    return await effect();
  } catch (error) {
    await releaseKey(o.database, claim.name).catch(() => {});
    throw error;
  }
}

async function claimed({ database, clock }: WriteOnce, { name, digest }: Claim): Promise<boolean> {
  const now = clock.now();
  const expiresAt = now + keptSeconds;
  return claimKey(database, name, {
    digest,
    now,
    expiresAt,
    abandonedBefore: now - abandonedSeconds,
  });
}

async function replayed(o: WriteOnce, { name, digest }: Claim, reply: FastifyReply) {
  const found = await findKey(o.database, name);
  if (found === null) throw inProgress();
  if (!found.request_digest.equals(digest)) throw keyReused();
  if (found.status === null || found.answer === null) throw inProgress();
  const answer: unknown = JSON.parse(found.answer);
  if (found.shown_once) throw shownAlready(answer);
  void reply.code(found.status).header("idempotency-replayed", "true");
  return answer;
}

/** Of the address with its query, and of the body as it was read. */
function requestDigest(request: FastifyRequest): Buffer {
  return createHash("sha256")
    .update(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest();
}

/** SQLSTATE 55P03, lock_not_available. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "55P03";
}

function inProgress(): HttpProblem {
  return new HttpProblem(
    409,
    "idempotency_in_progress",
    "the same request is under way under this key",
    "send it again after `Retry-After`: it is answered when the first one is",
  );
}

function keyReused(): HttpProblem {
  return new HttpProblem(
    422,
    "idempotency_key_reused",
    "this key belongs to another request: its address or body differs",
    "give each write a key of its own, and send a retry unchanged",
  );
}

function shownAlready(answer: unknown): HttpProblem {
  return new HttpProblem(
    409,
    "secret_shown_once",
    "this was done, and its secret was shown in the first answer only: it is stored nowhere",
    "if that answer did not arrive, make another key or token and revoke this one",
    { answer },
  );
}
