/** The collector's admin API over HTTP: one request, its answer or the reason why there is none. */

import { getCACertificates } from "node:tls";

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Instant } from "@submeter/shared/time/instant";
import { Agent, type Dispatcher, request } from "undici";

import { ApiProblem, isProblemDocument } from "./api-problem.ts";
import type { Connection } from "./connection.ts";
import { connectionFailure } from "./connection-failure.ts";

export type Query = Readonly<Record<string, string | undefined>>;
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null };

/** Each call rejects with `ApiProblem` (the collector refused) or `SubmeterError` (it was not reached). */
export interface ApiClient {
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  /** All pages of a list as one, or its first `itemsMax` items, in pages as large as can be; `next` is null when that is all. */
  list<Item>(path: string, query?: Query, itemsMax?: number): Promise<Page<Item>>;
  text(path: string): Promise<string>;
  post<Answer>(path: string, body: unknown): Promise<Answer>;
  put<Answer>(path: string, body: unknown, query?: Query): Promise<Answer>;
  delete<Answer>(path: string, query?: Query): Promise<Answer>;
  /** What time the collector had when it answered last; null before. Its clock decides, not this machine's. */
  answeredAt(): Instant | null;
  close(): Promise<void>;
}

type Call = {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  /** `Idempotency-Key` of a write: the same for each attempt at it. */
  readonly key?: string;
};

export type ClientOptions = {
  readonly userAgent: string;
  /** Names each write; two programs must never take the same. */
  readonly ids: () => string;
  /** Waits between two attempts. */
  readonly pause: (ms: number) => Promise<void>;
};

/** Closing many periods takes a while; a collector that says nothing for this long is not there. */
const answerMsMax = 300_000;
const pagesMax = 1_000;
/** What the collector gives at once at the most. */
const pageItemsMax = 1_000;

/** `connect` is called with the first request, so that what needs no collector needs no settings. */
export function createApiClient(
  connect: () => Connection,
  { userAgent, ids, pause }: ClientOptions,
): ApiClient {
  let opened: { connection: Connection; dispatcher: Agent } | undefined;

  let answeredAt: Instant | null = null;

  const open = () => {
    if (opened === undefined) {
      const connection = connect();
      opened = { connection, dispatcher: dispatcherFor(connection) };
    }
    return opened;
  };

  /** The answer got lost, or the collector asks for patience: the same request again is harmless, a write by its key. */
  const send = async (call: Call): Promise<string> => {
    const keyed = call.method === "GET" ? call : { ...call, key: ids() };
    for (const delayMs of attemptDelaysMs) {
      try {
        return await sendOnce(keyed);
      } catch (error) {
        if (!mayTryAgain(error)) throw error;
        await pause(delayMs);
      }
    }
    return sendOnce(keyed);
  };

  const sendOnce = async (call: Call): Promise<string> => {
    const { connection, dispatcher } = open();
    const url = addressOf(connection.base, call);
    const answer = await request(url, {
      method: call.method,
      dispatcher,
      headers: headersOf(call, connection.token, userAgent),
      body: call.body === undefined ? null : JSON.stringify(call.body),
    }).catch((cause: unknown) => {
      throw connectionFailure(cause, connection.base, call.method);
    });
    const body = await answer.body.text().catch((cause: unknown) => {
      throw connectionFailure(cause, connection.base, call.method);
    });
    answeredAt = httpDate(answer.headers.date) ?? answeredAt;
    if (answer.statusCode >= 200 && answer.statusCode < 300) return body;
    throw refusal(answer.statusCode, body, url);
  };

  const json = async <Answer>(call: Call): Promise<Answer> => {
    const body = await send(call);
    const parsed = tryJson(body);
    if (parsed === undefined) throw strangeAnswer(200, open().connection.base);
    return parsed as Answer;
  };

  return {
    get: (path, query) => json({ method: "GET", path, query }),
    list: async <Item>(path: string, query: Query = {}, most?: number) => {
      const itemsMax = most ?? Infinity;
      const items: Item[] = [];
      let cursor: string | null = null;
      const limit = most === undefined ? {} : { limit: String(Math.min(most, pageItemsMax)) };
      for (let page = 0; page < pagesMax; page += 1) {
        const answer: Page<Item> = await json({
          method: "GET",
          path,
          query: { ...query, ...limit, ...(cursor === null ? {} : { cursor }) },
        });
        items.push(...answer.items);
        cursor = answer.next ?? null;
        if (cursor === null || items.length >= itemsMax) return { ...answer, items, next: cursor };
      }
      return { items, next: cursor };
    },
    text: (path) => send({ method: "GET", path }),
    post: (path, body) => json({ method: "POST", path, body }),
    delete: (path, query) => json({ method: "DELETE", path, query }),
    put: (path, body, query) => json({ method: "PUT", path, query, body }),
    answeredAt: () => answeredAt,
    close: async () => opened?.dispatcher.close(),
  };
}

/** Before the second attempt and the third. */
const attemptDelaysMs = [500, 3_000];

function mayTryAgain(error: unknown): boolean {
  if (!(error instanceof SubmeterError)) return false;
  return [
    "connection_lost",
    "temporarily_unavailable",
    "draining",
    "idempotency_in_progress",
  ].includes(error.code);
}

function dispatcherFor(connection: Connection): Agent {
  const ca = connection.certificateAuthority;
  return new Agent({
    headersTimeout: answerMsMax,
    bodyTimeout: answerMsMax,
    connect: {
      timeout: 10_000,
      ...(ca === null ? {} : { ca: [...getCACertificates("default"), ca] }),
    },
  });
}

function addressOf(base: URL, call: Call): URL {
  const url = new URL(call.path, base);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

function headersOf(call: Call, token: string, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    accept: "application/json, application/problem+json, text/plain",
    "user-agent": userAgent,
  };
  if (call.key !== undefined) headers["idempotency-key"] = call.key;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  return headers;
}

function refusal(status: number, body: string, url: URL): SubmeterError {
  const parsed = tryJson(body);
  return isProblemDocument(parsed) ? new ApiProblem(status, parsed) : strangeAnswer(status, url);
}

/** A proxy, a portal, another program: nothing of what it says may pass for the collector's word. */
function strangeAnswer(status: number, url: URL): SubmeterError {
  return new SubmeterError(
    "not_the_collector",
    `what answers at ${url.origin} does not speak like a collector (status ${status})`,
    "check SUBMETER_URL, and whether a proxy or a login page stands between",
  );
}

/** RFC 9110, section 5.6.7: whole seconds. */
function httpDate(text: string | string[] | undefined): Instant | null {
  const milliseconds = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A path of the admin API from its parts, each escaped: an id can never reach another route. */
export function apiPath(...parts: readonly string[]): string {
  return `api/v1/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
}
