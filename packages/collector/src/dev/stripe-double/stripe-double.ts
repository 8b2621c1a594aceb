/**
 * A stand-in for Stripe: a real HTTP server with state that refuses what Stripe's own schemas refuse. Loaded only under
 * `--dev`, in tests and in the demo.
 *
 *     /v1/…            the operations of `routes.ts`, by the rules of `exchange.ts`
 *     /_double/state   everything it holds                    GET
 *     /_double/faults  accidents to come (`faults.ts`)        POST one, DELETE all
 *     /_double/keys    forget every idempotency key           DELETE
 *     /_double/…/{id}  a document as its customer would see it GET
 */

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@submeter/shared/time/clock";
import { nextCount, openBooks } from "./books.ts";
import { control } from "./control.ts";
import { exchange, replay } from "./exchange.ts";
import type { Exchange, Reply } from "./exchange.ts";
import { Faults } from "./faults.ts";
import { IdempotencyStore } from "./idempotency-store.ts";
import { bodyBytesMax, readText } from "./read-text.ts";
import { noRequestLog, openRequestLog } from "./request-log.ts";
import { doubleState } from "./state.ts";
import type { DoubleState, SeenRequest } from "./state.ts";
import { stripeSchemas } from "./stripe-schemas.ts";

export type StripeDoubleOptions = {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly clock: Clock;
  /** Makes ids and the numbers' prefix; two doubles with one seed answer alike. */
  readonly seed: string;
  /** Where it keeps what took effect, to come back with it after a kill; without one it forgets. */
  readonly file?: string;
};

export type StripeDouble = {
  readonly url: string;
  readonly faults: Faults;
  state(): DoubleState;
  /** Forgets every idempotency key, as Stripe does after 24 hours. */
  wipeKeys(): void;
  close(): Promise<void>;
};

const requestsKept = 10_000;

export async function startStripeDouble(options: StripeDoubleOptions): Promise<StripeDouble> {
  const books = openBooks(options.seed);
  const faults = new Faults();
  const keys = new IdempotencyStore();
  const { log, before } =
    options.file === undefined
      ? { log: noRequestLog, before: [] }
      : openRequestLog(options.file, options.seed);
  const world: Exchange = { books, keys, faults, log, now: () => options.clock.now() };
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    // A client that goes away in the middle of its request is no failure of the double.
    serve(world, seen, request, response).catch(() => response.destroy());
  });
  books.url = await listen(server, options.port ?? 0);
  // Before any connection is served: nothing is awaited in between.
  for (const logged of before) replay(world, logged);
  return {
    url: books.url,
    faults,
    state: () => doubleState(books, seen),
    wipeKeys: () => keys.wipe(),
    close: async () => {
      await close(server);
      log.close();
    },
  };
}

async function serve(
  world: Exchange,
  seen: SeenRequest[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", world.books.url);
  const method = incoming.method ?? "GET";
  const body = await readText(incoming);
  if (body === null) {
    outgoing.writeHead(413).end(`more than ${bodyBytesMax} bytes`);
    return;
  }
  if (url.pathname.startsWith("/_double/")) {
    const wantsPage = incoming.headers.accept?.includes("text/html") ?? false;
    control(world, seen, { method, path: url.pathname, body, wantsPage }, outgoing);
    return;
  }
  const idempotencyKey = header(incoming, "idempotency-key");
  const { reply, fault } = await exchange(world, {
    method,
    path: url.pathname,
    form: method === "POST" ? body : url.search.slice(1),
    authorization: incoming.headers.authorization,
    idempotencyKey,
  });
  const answer = reply.kind === "answer" ? reply : null;
  seen.push({
    method,
    path: url.pathname,
    idempotencyKey: idempotencyKey ?? null,
    status: answer?.answer.status ?? null,
    replayed: answer?.replayed ?? false,
    fault,
  });
  if (seen.length > requestsKept) seen.shift();
  send(world, reply, idempotencyKey, outgoing);
}

function send(
  world: Exchange,
  reply: Reply,
  idempotencyKey: string | undefined,
  outgoing: ServerResponse,
): void {
  if (reply.kind === "silence") {
    if (reply.close) outgoing.destroy();
    return;
  }
  const { answer, replayed } = reply;
  outgoing
    .writeHead(answer.status, {
      "content-type": "application/json",
      "request-id": `req_${world.books.tag}${nextCount(world.books, "req")}`,
      "stripe-version": stripeSchemas.version,
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...(replayed ? { "idempotent-replayed": "true" } : {}),
    })
    .end(answer.body);
}

function header(incoming: IncomingMessage, name: string): string | undefined {
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Also ends the connections that a fault left open. */
async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
