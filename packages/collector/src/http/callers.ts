/** Who asks: an operator with `sop_…`, or somebody of a customer with `sct_…`. */

import type { FastifyRequest } from "fastify";
import type { Clock } from "@submeter/shared/time/clock";
import type { Actor } from "../fleet/fleet-context.ts";
import { permits } from "../store/permissions.ts";
import { readBearer, tokenDigest } from "../fleet/secret-token.ts";
import { customerUnknown } from "../fleet/unknown.ts";
import { type CustomerHolder, findCustomerHolder } from "../store/customer-tokens.ts";
import type { Database } from "../store/database.ts";
import { findOperator, type Operator } from "../store/operator-tokens.ts";
import { type Access, roleSuffices } from "./api/access.ts";
import { openFailedAttempts } from "./failed-attempts.ts";
import { HttpProblem } from "./http-problem.ts";

export type Caller =
  | ({ readonly kind: "operator" } & Operator)
  | ({ readonly kind: "customer" } & Readonly<CustomerHolder>);

const callers = new WeakMap<FastifyRequest, Caller>();

/** Every request to an operation has one. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new RangeError("this route asks nobody who he is");
  return caller;
}

/** As the audit log names him. */
export function actorOf(request: FastifyRequest): Actor {
  const caller = callerOf(request);
  return caller.kind === "operator" ? caller : { name: `${caller.customer}/${caller.name}` };
}

/**
 * Whose things are asked for. Operators may name a customer, or mean all (null). A customer is asked about himself
 * alone; to him others do not exist.
 */
export function customerAsked(request: FastifyRequest, asked?: string): string | null {
  const caller = callerOf(request);
  if (caller.kind === "operator") return asked ?? null;
  if (asked !== undefined && asked !== caller.customer) throw customerUnknown(asked);
  return caller.customer;
}

/** The one customer that a question is about. Throws `customer_missing` where an operator names none. */
export function customerMeant(request: FastifyRequest, asked?: string): string {
  const customer = customerAsked(request, asked);
  if (customer !== null) return customer;
  throw new HttpProblem(
    400,
    "customer_missing",
    "it is not said which customer is meant",
    "give `customer`; only a customer's own token can leave it out",
  );
}

export function isOperator(request: FastifyRequest): boolean {
  return callerOf(request).kind === "operator";
}

/** Whether what belongs to `owner` may be seen by him who asks. */
export function mayReach(request: FastifyRequest, owner: string): boolean {
  const caller = callerOf(request);
  return caller.kind === "operator" || caller.customer === owner;
}

/** The one whose usage alone may be shown; null where all of it may. */
export function ownOnly(
  request: FastifyRequest,
): { readonly dimension: string; readonly member: string } | null {
  const caller = callerOf(request);
  if (caller.kind === "operator" || permits(caller.permissions, "usage:read")) return null;
  if (caller.member === null) throw permissionRefused();
  return { dimension: caller.own_dimension, member: caller.member };
}

/** A hook that lets a request pass with a valid token that may do this; 401 or 403 otherwise. */
export function requireCaller(database: Database, clock: Clock) {
  const failed = openFailedAttempts(() => clock.nowMs());
  return async (request: FastifyRequest): Promise<void> => {
    const { access } = request.routeOptions.config as { access?: Access };
    if (access === undefined) throw new RangeError("this route declares nobody who may call it");
    const caller = await findCaller(database, request.headers.authorization, clock);
    if (caller === null) throw failed(request.ip, tokenRefused());
    if (caller.kind === "operator") {
      if (!roleSuffices(caller.role, access.operator)) throw roleRefused(caller.role);
    } else if (!access.customer.some((one) => permits(caller.permissions, one))) {
      throw permissionRefused();
    }
    callers.set(request, caller);
  };
}

async function findCaller(
  database: Database,
  header: string | undefined,
  clock: Clock,
): Promise<Caller | null> {
  const bearer = readBearer(header);
  if (bearer === null) return null;
  const digest = tokenDigest(bearer.token);
  if (bearer.kind === "operator") {
    const operator = await findOperator(database, digest, clock.now());
    return operator && { kind: "operator", ...operator };
  }
  const holder = await findCustomerHolder(database, digest, clock.now());
  return holder && { kind: "customer", ...holder };
}

function tokenRefused(): HttpProblem {
  return new HttpProblem(
    401,
    "token_refused",
    "the request carries no valid token",
    "send `authorization: Bearer sop_…` (operators) or `sct_…` (customers); `submeter tokens add` makes one",
  );
}

function roleRefused(role: string): HttpProblem {
  return new HttpProblem(
    403,
    "role_refused",
    `a token with the role ${role} may not do this`,
    "ask somebody with an owner token",
  );
}

function permissionRefused(): HttpProblem {
  return new HttpProblem(
    403,
    "permission_refused",
    "this token's role does not permit this",
    "ask an owner of the account for a token whose role does",
  );
}
