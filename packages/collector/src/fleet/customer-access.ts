/** Customers' tokens and the roles that say what they permit. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { audit } from "../store/audit.ts";
import { type CustomerRole, deleteRole, findRole, saveRole } from "../store/customer-roles.ts";
import {
  type CustomerToken,
  findCustomerToken,
  insertCustomerToken,
  revokeCustomerToken,
  roleIsHeld,
} from "../store/customer-tokens.ts";
import { findCustomer } from "../store/customers.ts";
import type { Queryable } from "../store/database.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { type IssuedToken, tokenUnknown } from "./operator-access.ts";
import { type Permission, permits } from "../store/permissions.ts";
import { newToken } from "./secret-token.ts";
import { customerUnknown, UnknownError } from "./unknown.ts";

export type NewCustomerToken = {
  customer: string;
  name: string;
  role: string;
  member: string | null;
  expiresAt: Instant | null;
  /** What he who issues it may pass on, who is this member; null: everything. */
  grantable: { permissions: readonly Permission[]; member: string | null } | null;
};

/** Throws `customer_unknown`, `role_unknown`, `member_missing`, `role_beyond_own`. */
export async function issueCustomerToken(
  { database, clock, random }: FleetContext,
  actor: Actor,
  o: NewCustomerToken,
): Promise<IssuedToken<CustomerToken>> {
  const now = clock.now();
  const { id, token, digest } = newToken("customer", random);
  return database.transaction(async (transaction) => {
    if ((await findCustomer(transaction, o.customer)) === null) throw customerUnknown(o.customer);
    const role = await findRole(transaction, o.customer, o.role);
    if (role === null) throw roleUnknown(o.role);
    const { permissions } = role;
    if (o.member === null && permissions.includes("usage:read:own")) throw memberMissing(o.role);
    const { grantable } = o;
    if (grantable !== null && !isWithin(permissions, o.member, grantable)) throw beyondOwn(o.role);
    const row = {
      id,
      customer_id: o.customer,
      name: o.name,
      role: o.role,
      member: o.member,
      created_at: now,
      created_by: actor.name,
      expires_at: o.expiresAt,
    };
    await insertCustomerToken(transaction, { ...row, digest });
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "customer_token.issued",
      subject: `customer:${o.customer}`,
      after: {
        token: id,
        name: o.name,
        role: o.role,
        member: o.member,
        expires_at: o.expiresAt && formatInstant(o.expiresAt),
      },
    });
    return { row: { ...row, revoked_at: null }, token };
  });
}

/** Who sees his own usage alone passes on his own eyes alone. */
function isWithin(
  wanted: readonly Permission[],
  member: string | null,
  held: { permissions: readonly Permission[]; member: string | null },
): boolean {
  const others = wanted.includes("usage:read:own") && member !== held.member;
  return (
    wanted.every((one) => permits(held.permissions, one)) &&
    (!others || permits(held.permissions, "usage:read"))
  );
}

/** Throws `token_unknown`. Revoked already: left as it is. */
export async function revokeCustomers(
  { database, clock }: FleetContext,
  actor: Actor,
  o: { customer: string; id: string; reason: string },
): Promise<CustomerToken> {
  const now = clock.now();
  return database.transaction(async (transaction) => {
    const before = await findCustomerToken(transaction, o.customer, o.id);
    if (before === null) throw tokenUnknown(o.id);
    if (before.revoked_at !== null) return before;
    await revokeCustomerToken(transaction, o.id, now);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "customer_token.revoked",
      subject: `customer:${o.customer}`,
      reason: o.reason,
      before: { token: o.id, name: before.name, role: before.role },
    });
    return { ...before, revoked_at: now };
  });
}

/** Rules at once, for the tokens that are out too. Throws `customer_unknown`. */
export async function setRole(
  { database, clock }: FleetContext,
  actor: Actor,
  role: CustomerRole,
): Promise<CustomerRole> {
  return database.transaction(async (transaction) => {
    await assertCustomer(transaction, role.customer_id);
    const before = await exactRole(transaction, role.customer_id, role.name);
    await saveRole(transaction, role);
    await audit(transaction, {
      at: clock.now(),
      who: actor.name,
      action: "role.set",
      subject: `role:${role.customer_id}/${role.name}`,
      before,
      after: role,
    });
    return role;
  });
}

/** A customer's own falls back to the vendor's of its name. Throws `role_unknown`, `role_held`. */
export async function removeRole(
  { database, clock }: FleetContext,
  actor: Actor,
  o: { customer: string; name: string },
): Promise<CustomerRole> {
  return database.transaction(async (transaction) => {
    const before = await exactRole(transaction, o.customer, o.name);
    if (before === null) throw roleUnknown(o.name);
    await deleteRole(transaction, o.customer, o.name);
    const whose = o.customer === "" ? null : o.customer;
    const fallback = await findRole(transaction, o.customer, o.name);
    if (fallback === null && (await roleIsHeld(transaction, o.name, whose))) throw roleHeld(o.name);
    await audit(transaction, {
      at: clock.now(),
      who: actor.name,
      action: "role.removed",
      subject: `role:${o.customer}/${o.name}`,
      before,
    });
    return before;
  });
}

async function exactRole(
  transaction: Queryable,
  customer: string,
  name: string,
): Promise<CustomerRole | null> {
  const found = await findRole(transaction, customer, name);
  return found?.customer_id === customer ? found : null;
}

async function assertCustomer(transaction: Queryable, id: string): Promise<void> {
  if (id !== "" && (await findCustomer(transaction, id)) === null) throw customerUnknown(id);
}

function roleUnknown(name: string): UnknownError {
  return new UnknownError(
    "role_unknown",
    `there is no role ${name} for this customer`,
    "list roles with `submeter roles list`, or make it with `submeter roles set`",
  );
}

function memberMissing(role: string): SubmeterError {
  return new SubmeterError(
    "member_missing",
    `a token of role ${role} sees its own usage, and it is not said whose that is`,
    "give the member as the usage names him",
  );
}

function beyondOwn(role: string): ClashError {
  return new ClashError(
    "role_beyond_own",
    `the role ${role} permits more than the token that asks for it`,
    "ask an owner of the account, or the vendor",
  );
}

function roleHeld(name: string): ClashError {
  return new ClashError(
    "role_held",
    `valid tokens have the role ${name}`,
    "revoke them first, or give them another role by making new ones",
  );
}
