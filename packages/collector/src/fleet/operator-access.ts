/** Operators' tokens: made, shown once, revoked. One owner always remains. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import {
  findOperatorToken,
  insertOperatorToken,
  lockValidTokens,
  type OperatorRole,
  type OperatorToken,
  revokeOperatorToken,
} from "../store/operator-tokens.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { newToken } from "./secret-token.ts";
import { UnknownError } from "./unknown.ts";

export type IssuedToken<Row> = { row: Row; token: string };

/** Throws `token_name_taken`. */
export async function issueOperatorToken(
  { database, clock, random }: FleetContext,
  actor: Actor,
  o: { name: string; role: OperatorRole; expiresAt: Instant | null },
): Promise<IssuedToken<OperatorToken>> {
  const now = clock.now();
  const { id, token, digest } = newToken("operator", random);
  const { name, role, expiresAt } = o;
  return database.transaction(async (transaction) => {
    const valid = await lockValidTokens(transaction, now);
    // The audit log tells operators apart by their tokens' names.
    if (valid.some((one) => one.name === name)) throw nameTaken(name);
    const row = { id, name, role, created_at: now, expires_at: expiresAt };
    await insertOperatorToken(transaction, { ...row, digest });
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "token.issued",
      subject: `token:${id}`,
      after: { name, role, expires_at: expiresAt && formatInstant(expiresAt) },
    });
    return { row: { ...row, revoked_at: null }, token };
  });
}

/** Throws `token_unknown`, `last_owner`. Revoked already: left as it is. */
export async function revokeOperator(
  { database, clock }: FleetContext,
  actor: Actor,
  o: { id: string; reason: string },
): Promise<OperatorToken> {
  const now = clock.now();
  return database.transaction(async (transaction) => {
    const valid = await lockValidTokens(transaction, now);
    const before = await findOperatorToken(transaction, o.id);
    if (before === null) throw tokenUnknown(o.id);
    if (before.revoked_at !== null) return before;
    const owners = valid.filter(({ role, id }) => role === "owner" && id !== o.id);
    if (before.role === "owner" && owners.length === 0) throw lastOwner();
    await revokeOperatorToken(transaction, o.id, now);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "token.revoked",
      subject: `token:${o.id}`,
      reason: o.reason,
      before: { name: before.name, role: before.role },
    });
    return { ...before, revoked_at: now };
  });
}

export function tokenUnknown(id: string): UnknownError {
  return new UnknownError(
    "token_unknown",
    `there is no token ${id}`,
    "list them with `submeter tokens list`, a customer's with --customer",
  );
}

function nameTaken(name: string): ClashError {
  return new ClashError(
    "token_name_taken",
    `a valid token is named ${name} already`,
    "choose another name, or revoke that one first",
  );
}

function lastOwner(): ClashError {
  return new ClashError(
    "last_owner",
    "this is the last valid token of an owner",
    "issue another owner's token first",
  );
}
