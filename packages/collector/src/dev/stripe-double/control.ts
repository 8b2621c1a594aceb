/** The double's own surface beside Stripe's: state, faults, keys and the documents as pages. */

import type { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";
import { faultModes } from "./faults.ts";
import type { Fault, FaultMode } from "./faults.ts";
import { doubleState } from "./state.ts";
import type { SeenRequest } from "./state.ts";

type ControlRequest = { readonly method: string; readonly path: string; readonly body: string };

export function control(
  world: Exchange,
  seen: readonly SeenRequest[],
  request: ControlRequest,
  outgoing: ServerResponse,
): void {
  const [status, body] = answer(world, seen, request);
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answer(
  world: Exchange,
  seen: readonly SeenRequest[],
  { method, path, body }: ControlRequest,
): readonly [number, unknown] {
  switch (`${method} ${path}`) {
    case "GET /_double/state":
      return [200, doubleState(world.books, seen)];
    case "POST /_double/faults": {
      const fault = readFault(body);
      if (fault === null) return [400, { error: `a fault is {method?, path?, mode: ${modes}}` }];
      world.faults.add(fault);
      return [200, fault];
    }
    case "DELETE /_double/faults":
      world.faults.clear();
      world.faults.release();
      return [200, {}];
    case "DELETE /_double/keys":
      world.keys.wipe();
      return [200, {}];
    default:
      return document(world, seen, method, path);
  }
}

/** `/_double/invoices/{id}` and `/_double/credit_notes/{id}`. */
function document(
  world: Exchange,
  seen: readonly SeenRequest[],
  method: string,
  path: string,
): readonly [number, unknown] {
  const state = doubleState(world.books, seen);
  const all = path.startsWith("/_double/credit_notes/") ? state.creditNotes : state.invoices;
  const found = all.find(({ id }) => id === path.split("/")[3]);
  return method === "GET" && found !== undefined
    ? [200, found]
    : [404, { error: "no such page of the Stripe double" }];
}

const modes = faultModes.join(" | ");

function readFault(body: string): Fault | null {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof given !== "object" || given === null) return null;
  const { method, path, mode, skip, count } = given as Record<string, unknown>;
  if (!faultModes.includes(mode as FaultMode)) return null;
  return {
    mode: mode as FaultMode,
    ...(typeof method === "string" ? { method: method.toUpperCase() } : {}),
    ...(typeof path === "string" ? { path } : {}),
    ...(Number.isSafeInteger(skip) ? { skip: skip as number } : {}),
    ...(Number.isSafeInteger(count) ? { count: count as number } : {}),
  };
}
