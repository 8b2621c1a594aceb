/**
 * One request to the double, from its bytes to its answer, in Stripe's order:
 *
 *     authenticate ─► route ─► idempotency key ─► fault? ─► validate ─► take effect ─► check own answer ─► store under key
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { Books } from "./books.ts";
import type { FaultMode, Faults } from "./faults.ts";
import { parseForm } from "./form.ts";
import type { IdempotencyStore, StoredAnswer } from "./idempotency-store.ts";
import { StripeRefusal } from "./refusal.ts";
import type { LoggedRequest, RequestLog } from "./request-log.ts";
import { typedRequest } from "./request-schema.ts";
import { matchRoute } from "./routes.ts";
import type { MatchedRoute } from "./routes.ts";
import { responseValidator } from "./stripe-schemas.ts";

export type Request = {
  readonly method: string;
  readonly path: string;
  /** The form-encoded parameters: the body of a POST, else the query. */
  readonly form: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
};

export type Reply =
  | { readonly kind: "answer"; readonly answer: StoredAnswer; readonly replayed: boolean }
  /** Nothing is ever sent; the connection stays open or is closed. */
  | { readonly kind: "silence"; readonly close: boolean };

export type Exchange = {
  readonly books: Books;
  readonly log: RequestLog;
  readonly keys: IdempotencyStore;
  readonly faults: Faults;
  readonly now: () => Instant;
};

export type Told = { readonly reply: Reply; readonly fault: FaultMode | null };

/** Answers one request; never throws for anything a client can send. */
export async function exchange(world: Exchange, request: Request): Promise<Told> {
  try {
    authenticate(request.authorization);
    const route = matchRoute(request.method, request.path);
    if (route === null) throw unknownPath(request);
    return await answerOnce(world, request, route);
  } catch (error) {
    return { reply: answered(refusalAnswer(error)), fault: null };
  }
}

/** Obeys the idempotency key, which only POST has, and the fault that waits for this request. */
async function answerOnce(world: Exchange, request: Request, route: MatchedRoute): Promise<Told> {
  const key = request.method === "POST" ? request.idempotencyKey : undefined;
  const fingerprint = fingerprintOf(request);
  if (key !== undefined) {
    const stored = world.keys.find(key, fingerprint, world.now());
    if (stored !== null)
      return { reply: { kind: "answer", answer: stored, replayed: true }, fault: null };
  }
  const fault = world.faults.take(request.method, request.path);
  if (fault === "silent_before" || fault === "closed_before") {
    return { reply: { kind: "silence", close: fault === "closed_before" }, fault };
  }
  if (key !== undefined) world.keys.begin(key, fingerprint, world.now());
  if (fault === "held") await world.faults.hold();
  const logged = { ...request, at: world.now(), key: key ?? null, fault };
  if (request.method !== "GET") log(world, logged);
  const answer = settle(world, route, logged, fingerprint);
  if (fault === "silent_after" || fault === "closed_after") {
    return { reply: { kind: "silence", close: fault === "closed_after" }, fault };
  }
  return { reply: answered(answer), fault };
}

/** Puts a double back where the logged requests had brought it. */
export function replay(world: Exchange, logged: LoggedRequest): void {
  const route = matchRoute(logged.method, logged.path);
  if (route !== null) settle(world, route, logged, fingerprintOf(logged));
}

/** The part of a request that changes what the double holds, stored answer included. */
function settle(
  world: Exchange,
  route: MatchedRoute,
  logged: LoggedRequest,
  fingerprint: string,
): StoredAnswer {
  const { key, fault, at } = logged;
  const executed = fault === "error_before" ? null : execute(world, route, logged);
  const answer = executed === null || fault === "error_after" ? injectedError : executed.answer;
  if (key === null) return answer;
  if (executed?.began === false) world.keys.forget(key);
  else world.keys.store(key, fingerprint, at, answer);
  return answer;
}

function log(world: Exchange, { method, path, form, at, key, fault }: LoggedRequest): void {
  world.log.append({ at, method, path, form, key, fault });
}

function fingerprintOf({ method, path, form }: Pick<Request, "method" | "path" | "form">): string {
  return JSON.stringify([method, path, form]);
}

type Executed = {
  readonly answer: StoredAnswer;
  /** Parameters that fail validation never begin to execute: their key stays free. */
  readonly began: boolean;
};

function execute(world: Exchange, route: MatchedRoute, request: LoggedRequest): Executed {
  let params: Record<string, unknown>;
  try {
    params = typedRequest(route.operation, parseForm(request.form));
  } catch (error) {
    return { answer: refusalAnswer(error), began: false };
  }
  try {
    const body = route.run({
      books: world.books,
      now: request.at,
      id: route.id,
      partId: route.partId,
      params,
    });
    return { answer: { status: 200, body: checked(route, body) }, began: true };
  } catch (error) {
    return { answer: refusalAnswer(error), began: true };
  }
}

/** The double answers nothing that Stripe's own schema would not let Stripe answer. */
function checked(route: MatchedRoute, body: unknown): string {
  const validate = responseValidator(route.operation);
  if (validate(body)) return JSON.stringify(body);
  const [error] = validate.errors ?? [];
  throw new Error(
    `the answer to ${route.operation.method} ${route.operation.path} breaks Stripe's schema at ` +
      `${error?.instancePath ?? ""}: ${error?.message ?? ""}`,
  );
}

function authenticate(authorization: string | undefined): void {
  const key = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1] ?? basicUser(authorization);
  if (key === null) throw unauthorized("You did not provide an API key.");
  if (!/^(sk|rk)_test_/.test(key)) {
    throw unauthorized("Invalid API Key provided: the Stripe double takes test keys only");
  }
}

/** Stripe also takes the key as the user name of basic authentication. */
function basicUser(authorization: string | undefined): string | null {
  const encoded = /^Basic (\S+)$/.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return null;
  return Buffer.from(encoded, "base64").toString("utf8").split(":")[0] ?? null;
}

function unauthorized(message: string): StripeRefusal {
  return new StripeRefusal(401, { type: "invalid_request_error", message });
}

function unknownPath({ method, path }: Request): StripeRefusal {
  return new StripeRefusal(404, {
    type: "invalid_request_error",
    message: `Unrecognized request URL (${method}: ${path}), or not modelled by the Stripe double.`,
  });
}

function answered(answer: StoredAnswer): Reply {
  return { kind: "answer", answer, replayed: false };
}

function refusalAnswer(error: unknown): StoredAnswer {
  if (error instanceof StripeRefusal) {
    return { status: error.status, body: JSON.stringify({ error: error.body }) };
  }
  const message = error instanceof Error ? error.message : "unknown";
  return errorAnswer(`The Stripe double failed: ${message}`);
}

function errorAnswer(message: string): StoredAnswer {
  return { status: 500, body: JSON.stringify({ error: { type: "api_error", message } }) };
}

const injectedError = errorAnswer("An injected error of the Stripe double");
