/** The agent's HTTP server, on loopback and on a Unix socket: usage comes in here, and its own commands speak to it. */

import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type Problem, problem, problemMediaType } from "@submeter/shared/errors/problem";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { urlOf } from "../listen-address.ts";
import { storageFault } from "../journal/database.ts";
import { type Answer, refusalAnswer, refused } from "./answer.ts";
import { callerFault, contentEncodingOf, contentFault, mediaTypeOf, tokenFault } from "./guards.ts";
import { inflated } from "./inflate.ts";
import { type Place, placeText, startListening } from "./place.ts";
import { readBody } from "./read-body.ts";
import type { Route, Routes } from "./route.ts";

export const requestBytesMax = 1024 * 1024;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const connectionsMax = 4096;
const idleCheckMs = 50;
const closePatienceMs = 3000;

export type IntakeOptions = {
  /** The first is the one that its own commands speak to. */
  readonly places: readonly Place[];
  /** Asked of every request when it is set. */
  readonly token: string | null;
  readonly routes: Routes;
  /** A request was answered with a problem of this code. */
  readonly onRefused: (code: string) => void;
  /** A fault of the program while it answered: the request got a 500. */
  readonly onFault: (error: unknown) => void;
};

export type Intake = {
  /** `http://127.0.0.1:7070`, of each place that has an address. */
  readonly urls: readonly string[];
  /** Refuses new connections and resolves when every request in flight was answered. */
  close(): Promise<void>;
};

/** Resolves when it listens everywhere. Throws `listen_failed`. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const servers: Server[] = [];
  const urls: string[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closed));
  };
  try {
    for (const place of options.places) {
      const server = serverAt(place, options);
      const port = await startListening(server, place);
      servers.push(server);
      if (place.kind === "tcp" && port !== null) urls.push(urlOf({ host: place.host, port }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}

function serverAt(place: Place, options: IntakeOptions): Server {
  const hosts = options.token === null ? hostsOf(place) : null;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 75_000,
  });
  server.maxConnections = connectionsMax;
  server.on("request", (request, response) => {
    answer(request, hosts, options)
      .catch((error: unknown): Answer => {
        options.onFault(error);
        return failureAnswer(error, place);
      })
      .then((result) => {
        if ("problem" in result) options.onRefused(result.problem.code);
        send(request, response, result);
      })
      .catch(options.onFault);
  });
  return server;
}

/** A disk that is full may have room later; what else fails is a fault of the program. */
function failureAnswer(error: unknown, place: Place): Answer {
  const fault = storageFault(error);
  if (fault !== "other") return refusalAnswer(fault === "full" ? "disk_full" : "journal_broken");
  const hint = "see the agent's log, and report it with the agent's version";
  return refused(problem(500, "internal", `the agent failed at ${placeText(place)}`, hint));
}

/** The names that a client of this place may call it by; null: any, as no browser reaches a socket file. */
function hostsOf(place: Place): ReadonlySet<string> | null {
  if (place.kind === "socket") return null;
  return new Set(["localhost", "127.0.0.1", "[::1]", place.host.toLowerCase()]);
}

async function answer(
  request: IncomingMessage,
  hosts: ReadonlySet<string> | null,
  options: IntakeOptions,
): Promise<Answer> {
  const { headers } = request;
  const fault = callerFault(headers, hosts);
  if (fault !== null) return refused(fault);
  const route = routeAt(request.url?.split("?", 1)[0] ?? "/", options.routes);
  const unasked = route?.isProbe === true ? null : tokenFault(headers, options.token);
  if (unasked !== null) return refused(unasked);
  if (route === undefined) {
    const hint = "send usage to POST /v1/usage";
    return refused(problem(404, "path_unknown", "the agent has no such path", hint));
  }
  if (request.method !== route.method) return refused(wrongMethod(route.method));
  return route.method === "GET" ? run(request, route) : take(request, route);
}

function routeAt(path: string, routes: Routes): Route | undefined {
  if (Object.hasOwn(routes, path)) return routes[path];
  const family = `${path.slice(0, path.lastIndexOf("/"))}/*`;
  return Object.hasOwn(routes, family) ? routes[family] : undefined;
}

async function take(request: IncomingMessage, route: Route): Promise<Answer> {
  const fault = contentFault(request.headers, route);
  if (fault !== null) return refused(fault);
  const bytesMax = route.bodyBytesMax ?? requestBytesMax;
  const read = await readBody(request, bytesMax);
  if (read.kind === "crowded") return crowded();
  if (read.kind === "too_large") return refused(tooLarge(bytesMax));
  if (read.kind === "aborted") {
    const hint = "send the whole body";
    return refused(problem(400, "body_incomplete", "the body ended early", hint));
  }
  if (contentEncodingOf(request.headers) === "identity") return run(request, route, read.bytes);
  const inflatedMax = Math.max(bytesMax, inflatedBytesMax);
  const body = await inflated(read.bytes, inflatedMax);
  if (body.kind === "too_large") return refused(tooLarge(inflatedMax));
  if (body.kind === "malformed") {
    const hint = "send it again; if it persists, send it without content-encoding";
    return refused(problem(400, "gzip_malformed", "the body is no gzip", hint));
  }
  return run(request, route, body.bytes);
}

const inflatedBytesMax = 8 * 1024 * 1024;
const nothing: Uint8Array = new Uint8Array();

async function run(request: IncomingMessage, route: Route, body = nothing): Promise<Answer> {
  request.resume();
  try {
    const { headers, url: target = "/" } = request;
    return await route.run({ target, headers, mediaType: mediaTypeOf(headers), body });
  } catch (error) {
    if (!(error instanceof SubmeterError)) throw error;
    return refused(problem(409, error.code, error.message, error.hint));
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  // What was not read to its end cannot be followed by another request.
  if (!request.complete) response.shouldKeepAlive = false;
  const { mediaType, bytes } = written(answer);
  if (bytes === null) {
    response.writeHead(answer.status).end();
    return;
  }
  const headers: Record<string, string | number> = {
    "content-type": mediaType,
    "content-length": bytes.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...("headers" in answer ? answer.headers : undefined),
  };
  if ("retryAfterSeconds" in answer && answer.retryAfterSeconds !== undefined) {
    headers["retry-after"] = answer.retryAfterSeconds;
  }
  if (answer.status === 401) headers["www-authenticate"] = "Bearer";
  response.writeHead(answer.status, headers).end(bytes);
}

function written(answer: Answer): { mediaType: string; bytes: Uint8Array | null } {
  if ("bytes" in answer) return answer;
  if ("problem" in answer) {
    return { mediaType: problemMediaType, bytes: Buffer.from(JSON.stringify(answer.problem)) };
  }
  if ("json" in answer) {
    return { mediaType: "application/json", bytes: Buffer.from(JSON.stringify(answer.json)) };
  }
  return { mediaType: "", bytes: null };
}

function crowded(): Answer {
  const detail = "more is sent at once than there is room for";
  const hint = "send again in a moment, and fewer requests at once";
  return { status: 503, problem: problem(503, "crowded", detail, hint), retryAfterSeconds: 1 };
}

function wrongMethod(method: string): Problem {
  return problem(405, "method_refused", "the path takes another method", `use ${method}`);
}

function tooLarge(bytesMax: number): Problem {
  const detail = `the body has more than ${bytesMax} bytes`;
  const extra = { limit_bytes: bytesMax };
  return problem(413, "body_too_large", detail, "send the events in smaller lists", extra);
}

/** Answers what is under way; a caller that takes longer than that is cut off. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, idleCheckMs);
    const patience = setTimeout(() => {
      server.closeAllConnections();
    }, closePatienceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(patience);
      resolve();
    });
  });
}
