/** The agent's HTTP server, on loopback: usage comes in here, and its own commands speak to it. */

import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Problem, problem, problemMediaType } from "@submeter/shared/errors/problem";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import type { Fact } from "../counting/fact.ts";
import type { GroupResult } from "../counting/group-commit.ts";
import { type ListenAddress, urlOf } from "../listen-address.ts";
import { type Answer, refusalAnswer, usageAnswer } from "./answer.ts";
import { callerFault, contentFault } from "./guards.ts";
import { readBody } from "./read-body.ts";
import { type EventRules, readEvents } from "./read-events.ts";

export const requestBytesMax = 1024 * 1024;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const connectionsMax = 4096;
const idleCheckMs = 50;
const closePatienceMs = 3000;

/** What the agent's own commands ask for: path → JSON. */
export type ControlRoutes = Readonly<
  Record<string, { readonly method: "GET" | "POST"; readonly run: () => unknown }>
>;

export type IntakeOptions = {
  readonly listen: ListenAddress;
  readonly rules: EventRules;
  readonly clock: Clock;
  readonly submit: (facts: readonly Fact[]) => Promise<GroupResult>;
  readonly control: ControlRoutes;
  /** A fault of the program while it answered: the request got a 500. */
  readonly onFault: (error: unknown) => void;
};

export type Intake = {
  /** `http://127.0.0.1:7070` */
  readonly url: string;
  /** Refuses new connections and resolves when every request in flight was answered. */
  close(): Promise<void>;
};

/** Resolves when it listens. Throws `listen_failed`. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const hosts = new Set(["localhost", "127.0.0.1", "[::1]", options.listen.host.toLowerCase()]);
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
        const hint = "see the agent's log, and report it with the agent's version";
        return { status: 500, problem: problem(500, "internal", "the agent failed", hint) };
      })
      .then((result) => {
        send(request, response, result);
      })
      .catch(options.onFault);
  });
  await listening(server, options.listen);
  const { port } = server.address() as AddressInfo;
  return {
    url: urlOf({ host: options.listen.host, port }),
    close: () => closed(server),
  };
}

async function answer(
  request: IncomingMessage,
  hosts: ReadonlySet<string>,
  options: IntakeOptions,
): Promise<Answer> {
  const fault = callerFault(request.headers, hosts);
  if (fault !== null) return refuse(fault);
  const path = request.url?.split("?", 1)[0] ?? "/";
  if (path === "/v1/usage") return answerUsage(request, options);
  const route = Object.hasOwn(options.control, path) ? options.control[path] : undefined;
  if (route === undefined) {
    const hint = "send usage to POST /v1/usage";
    return refuse(problem(404, "path_unknown", "the agent has no such path", hint));
  }
  if (request.method !== route.method) return refuse(wrongMethod(route.method));
  const contentRefused = route.method === "POST" ? contentFault(request.headers) : null;
  if (contentRefused !== null) return refuse(contentRefused);
  request.resume();
  return answerControl(route.run);
}

async function answerControl(run: () => unknown): Promise<Answer> {
  try {
    return { status: 200, json: await run() };
  } catch (error) {
    if (!(error instanceof SubmeterError)) throw error;
    return refuse(problem(409, error.code, error.message, error.hint));
  }
}

async function answerUsage(request: IncomingMessage, options: IntakeOptions): Promise<Answer> {
  if (request.method !== "POST") return refuse(wrongMethod("POST"));
  const fault = contentFault(request.headers);
  if (fault !== null) return refuse(fault);
  const body = await readBody(request, requestBytesMax);
  if (body.kind === "too_large") return refuse(tooLarge());
  if (body.kind === "aborted") {
    const hint = "send the whole body";
    return refuse(problem(400, "body_incomplete", "the body ended early", hint));
  }
  const read = readEvents(body.bytes, options.rules, options.clock.now());
  if (read.kind === "malformed") {
    return refuse(problem(400, read.code, read.detail, read.hint));
  }
  if (read.facts.length === 0) return usageAnswer(read, []);
  const result = await options.submit(read.facts);
  return result.kind === "refused"
    ? refusalAnswer(result.reason)
    : usageAnswer(read, result.outcomes);
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  // What was not read to its end cannot be followed by another request.
  if (!request.complete) response.shouldKeepAlive = false;
  if (!("problem" in answer) && answer.status === 204) {
    response.writeHead(204).end();
    return;
  }
  const isProblem = "problem" in answer;
  const headers: Record<string, string> = {
    "content-type": isProblem ? problemMediaType : "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  if (isProblem && answer.retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(answer.retryAfterSeconds);
  }
  const body = Buffer.from(JSON.stringify(isProblem ? answer.problem : answer.json));
  response.writeHead(answer.status, { ...headers, "content-length": body.length }).end(body);
}

function refuse(refused: Problem): Answer {
  return { status: refused.status, problem: refused };
}

function wrongMethod(method: string): Problem {
  return problem(405, "method_refused", "the path takes another method", `use ${method}`);
}

function tooLarge(): Problem {
  const detail = `the body has more than ${requestBytesMax} bytes`;
  const extra = { limit_bytes: requestBytesMax };
  return problem(413, "body_too_large", detail, "send the events in smaller lists", extra);
}

function listening(server: Server, listen: IntakeOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        new SubmeterError(
          "listen_failed",
          `the agent cannot listen on ${listen.host}:${listen.port} (${error.code ?? error.message})`,
          "stop what listens there, or choose another address (SUBMETER_AGENT_LISTEN)",
          { cause: error },
        ),
      );
    });
    server.listen(listen.port, listen.host, resolve);
  });
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
