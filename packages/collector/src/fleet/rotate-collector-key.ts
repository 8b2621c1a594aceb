/**
 * Rotating the key that receipts and states are proved with, in two steps: announced to every agent in its state, which
 * the key before proves; and only when they have had time to hear of it, the one that signs.
 */

import { formatInstant, type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import type { Queryable } from "../store/database.ts";
import {
  activateAnnounced,
  bumpAllStateRevisions,
  type CollectorKeyRow,
  collectorKeys,
  lockIdentity,
} from "../store/identity.ts";
import { ClashError } from "./clash.ts";
import { makeKey } from "./collector-identity.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";

/** Each agent asks for its state at least every 24 hours; twice that, for one that was off for a day. */
const announcedSecondsMin = 48 * secondsPerHour;

export type CollectorKeyStep = {
  readonly publicKey: string;
  readonly state: "announced" | "active";
  /** Of an announced one: from when on it may sign. */
  readonly signsFrom: Instant;
};

type RotationContext = Pick<FleetContext, "database" | "clock" | "masterKey" | "random">;

/** Throws `collector_key_announced`. */
export async function announceCollectorKey(
  context: RotationContext,
  actor: Actor,
  reason: string,
): Promise<CollectorKeyStep> {
  const now = context.clock.now();
  return context.database.transaction(async (transaction) => {
    const { collector, announced } = await lockedKeys(transaction);
    if (announced !== undefined) throw alreadyAnnounced(announced);
    const publicKey = await makeKey(transaction, collector, "announced", context);
    await bumpAllStateRevisions(transaction);
    const after = { public_key: publicKey, state: "announced" };
    const subject = "collector";
    const action = "collector_key.announced";
    await audit(transaction, { at: now, who: actor.name, action, subject, reason, after });
    return { publicKey, state: "announced", signsFrom: now + announcedSecondsMin };
  });
}

/**
 * `compromised`: the key before is told to nobody any more; an agent that has heard of no other one then stops until a
 * person trusts the collector anew. Throws `collector_key_not_announced`, `collector_key_too_new`.
 */
export async function activateCollectorKey(
  context: RotationContext,
  actor: Actor,
  o: { reason: string; atOnce: boolean; compromised: boolean },
): Promise<CollectorKeyStep> {
  const now = context.clock.now();
  return context.database.transaction(async (transaction) => {
    const { active, announced } = await lockedKeys(transaction);
    if (announced === undefined) throw notAnnounced();
    const signsFrom = announced.created_at + announcedSecondsMin;
    if (now < signsFrom && !o.atOnce) throw tooNew(signsFrom);
    const ends = o.compromised ? "compromised" : "retired";
    await activateAnnounced(transaction, ends, now);
    await bumpAllStateRevisions(transaction);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "collector_key.rotated",
      subject: "collector",
      reason: o.reason,
      before: { public_key: active?.public_key ?? null },
      after: { public_key: announced.public_key, key_before: ends },
    });
    return { publicKey: announced.public_key, state: "active", signsFrom: now };
  });
}

async function lockedKeys(transaction: Queryable) {
  const collector = await lockIdentity(transaction);
  if (collector === null) throw neverStarted();
  const keys = await collectorKeys(transaction);
  const inState = (wanted: CollectorKeyRow["state"]) => keys.find(({ state }) => state === wanted);
  return { collector, active: inState("active"), announced: inState("announced") };
}

function neverStarted(): ClashError {
  return new ClashError(
    "collector_never_started",
    "this database has no collector yet, and so no key to rotate",
    "start it once with `submeter-collector run`",
  );
}

function alreadyAnnounced(key: CollectorKeyRow): ClashError {
  const from = formatInstant(key.created_at + announcedSecondsMin);
  return new ClashError(
    "collector_key_announced",
    `the key ${key.public_key} is announced already`,
    `from ${from} on let it sign with \`submeter-collector rotate-collector-key --activate\``,
  );
}

function notAnnounced(): ClashError {
  return new ClashError(
    "collector_key_not_announced",
    "no key is announced that could sign from now on",
    "announce one first: `submeter-collector rotate-collector-key --reason …`",
  );
}

function tooNew(from: Instant): ClashError {
  return new ClashError(
    "collector_key_too_new",
    "not every agent can have heard of the announced key yet",
    `wait until ${formatInstant(from)}; --at-once is for a key that leaked`,
  );
}
