/** Who may ask: operator tokens, `sop_…`, of which the database holds only the digest. */

import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Clock } from "@submeter/shared/time/clock";
import type { Database } from "../store/database.ts";
import { findOperator, type Operator } from "../store/operator-tokens.ts";
import { type Access, roleSuffices } from "./api/access.ts";
import { HttpProblem } from "./http-problem.ts";

const grammar = /^Bearer (sop_[A-Za-z0-9_-]{43})$/;
const operators = new WeakMap<FastifyRequest, Operator>();

export function tokenDigest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** The operator who sent this request; every route under `/api/v1` has one. */
export function operatorOf(request: FastifyRequest): Operator {
  const operator = operators.get(request);
  if (operator === undefined) throw new RangeError("this route asks for no operator");
  return operator;
}

/** A hook that lets a request pass with a valid token whose role may do this; 401 or 403 otherwise. */
export function requireOperator(database: Database, clock: Clock) {
  return async (request: FastifyRequest): Promise<void> => {
    const token = grammar.exec(request.headers.authorization ?? "")?.[1];
    const operator = token && (await findOperator(database, tokenDigest(token), clock.now()));
    if (!operator) throw tokenRefused();
    const { access } = request.routeOptions.config as { access?: Access };
    if (access === undefined) throw new RangeError("this route declares nobody who may call it");
    if (!roleSuffices(operator.role, access.operator)) throw roleRefused(operator.role);
    operators.set(request, operator);
  };
}

function tokenRefused(): HttpProblem {
  return new HttpProblem(
    401,
    "token_refused",
    "the request carries no valid operator token",
    "send `authorization: Bearer sop_…`; the first token is made by `submeter-collector init`",
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
