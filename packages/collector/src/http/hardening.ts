/** What a server does about clients that are slow, oversized, or speak no HTTP; and how often a token may ask. */

import type { Socket } from "node:net";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { problem, problemMediaType } from "@submeter/shared/errors/problem";
import { HttpProblem } from "./http-problem.ts";
import type { HttpServer } from "./server.ts";

export type Timeouts = {
  /** For the headers of a request. */
  readonly headersMs: number;
  /** For all of a request: behind the slowest honest proxy it is read within this. */
  readonly requestMs: number;
  /** How often it is looked whether one is over. */
  readonly checkMs: number;
};

export const timeoutsDefault: Timeouts = { headersMs: 20_000, requestMs: 60_000, checkMs: 5_000 };

/** A client that breaks off, or sends what is no request, is told so in a problem and let go. */
export function answerBrokenClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, phrase, code, detail } = refusals[error.code ?? ""] ?? malformed;
  const body = JSON.stringify(problem(status, code, detail, "send the request again, whole"));
  socket.end(
    [
      `HTTP/1.1 ${status} ${phrase}`,
      `content-type: ${problemMediaType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}

const malformed = {
  status: 400,
  phrase: "Bad Request",
  code: "request_malformed",
  detail: "what came is no HTTP request",
};
const refusals: Readonly<Record<string, typeof malformed>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    phrase: "Request Timeout",
    code: "request_slow",
    detail: "the request did not arrive in time",
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    phrase: "Request Header Fields Too Large",
    code: "headers_too_large",
    detail: "the headers are larger than this server takes",
  },
};

/** Headers that keep a browser from making more of an answer than it is. */
export async function hardenAnswers(server: HttpServer): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  });
}

export type RequestLimits = {
  /** For each token, in a minute. */
  readonly operatorsMax: number;
  readonly customersMax: number;
};

export const requestLimitsDefault: RequestLimits = { operatorsMax: 6_000, customersMax: 600 };

const tooOften = (seconds: number) =>
  new HttpProblem(
    429,
    "too_many_requests",
    "this token asks more often than it may in a minute",
    "wait as long as `Retry-After` says; ask for larger pages",
    { retry_after_seconds: seconds },
  );

/** Counted by token, of each scope that it is called for: documents and health are not in one. */
export async function limitRequests(
  server: HttpServer,
  o: { limits: RequestLimits; callerKey: (request: FastifyRequest) => string },
): Promise<void> {
  await server.register(rateLimit, {
    // After it is known who asks: whoever is nobody is refused before.
    hook: "preParsing",
    timeWindow: 60_000,
    cache: 50_000,
    keyGenerator: o.callerKey,
    max: (_request, key) =>
      key.startsWith("operator:") ? o.limits.operatorsMax : o.limits.customersMax,
    errorResponseBuilder: (_request, { ttl }) => tooOften(Math.ceil(ttl / 1000)),
  });
}
