/** The operator who sent a request, where only operators may. */

import type { FastifyRequest } from "fastify";
import type { Operator } from "../store/operator-tokens.ts";
import { callerOf } from "./callers.ts";

export function operatorOf(request: FastifyRequest): Operator {
  const caller = callerOf(request);
  if (caller.kind !== "operator") throw new RangeError("this operation is for operators only");
  return caller;
}
