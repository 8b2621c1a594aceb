/** The double's own surface beside Stripe's: state, faults, keys and the documents as pages. */

import type { ServerResponse } from "node:http";
import type { Stripe } from "stripe";
import { documentPage } from "./document-page.ts";
import type { Exchange } from "./exchange.ts";
import { faultModes } from "./faults.ts";
import type { Fault, FaultMode } from "./faults.ts";
import { doubleState } from "./state.ts";
import type { SeenRequest } from "./state.ts";

type ControlRequest = {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Whether a browser asks. */
  readonly wantsPage: boolean;
};

export function control(
  world: Exchange,
  seen: readonly SeenRequest[],
  request: ControlRequest,
  outgoing: ServerResponse,
): void {
  const page = request.wantsPage ? documentAt(world, seen, request) : null;
  if (page !== null) {
    outgoing.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(documentPage(page));
    return;
  }
  const [status, body] = answer(world, seen, request);
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answer(
  world: Exchange,
  seen: readonly SeenRequest[],
  request: ControlRequest,
): readonly [number, unknown] {
  const { method, path, body } = request;
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
    default: {
      const document = documentAt(world, seen, request);
      return document === null
        ? [404, { error: "no such page of the Stripe double" }]
        : [200, document];
    }
  }
}

/** `GET /_double/invoices/{id}` and `GET /_double/credit_notes/{id}`. */
function documentAt(
  world: Exchange,
  seen: readonly SeenRequest[],
  { method, path }: ControlRequest,
): Stripe.Invoice | Stripe.CreditNote | null {
  const [, , kind, id] = path.split("/");
  if (method !== "GET" || (kind !== "invoices" && kind !== "credit_notes")) return null;
  const { invoices, creditNotes } = doubleState(world.books, seen);
  const all = kind === "invoices" ? invoices : creditNotes;
  return all.find((document) => document.id === id) ?? null;
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
