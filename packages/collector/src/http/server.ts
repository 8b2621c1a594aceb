/** The HTTP server: built here, never listening by itself. `/ingest` and `/state` for agents, `/api/v1` for operators. */

import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  type FastifyTypeProviderDefault,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Logger } from "pino";
import type { Clock } from "@submeter/shared/time/clock";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import type { Database } from "../store/database.ts";
import { answersWhole, type SerializerFor } from "./api/answers.ts";
import { describeApi, serveDocument } from "./api/document.ts";
import type { ApiRoutes } from "./api/operation.ts";
import { apiOf } from "./api/serve-operations.ts";
import {
  answerBrokenClient,
  hardenAnswers,
  limitRequests,
  type RequestLimits,
  requestLimitsDefault,
  type Timeouts,
  timeoutsDefault,
} from "./hardening.ts";
import { rememberMethods } from "./allowed-methods.ts";
import type { Metrics } from "./metrics.ts";
import { draining } from "./routes/health.ts";
import { answerError, HttpProblem, problemOfError, sendProblem } from "./http-problem.ts";
import { callerOf, requireCaller } from "./callers.ts";
import { assertStorable } from "./storable.ts";

type Server<Provider extends FastifyTypeProviderDefault> = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  Provider
>;

/** A server whose handlers know their types from TypeBox schemas. */
export type HttpServer = Server<TypeBoxTypeProvider>;

/** Registers a family of routes that are no operations of the API. */
export type Routes = (server: HttpServer) => void;

export type ServerOptions = {
  database: Database;
  clock: Clock;
  logger: Logger;
  tls?: { cert: string | Buffer; key: string | Buffer };
  /** Under no prefix and without a token: `/ingest`, `/state`, health. */
  openRoutes: readonly Routes[];
  /** Under `/api/v1`, each with the access that it declares. */
  apiRoutes: readonly ApiRoutes[];
  /** Under addresses of their own, each with the access that it declares too: `/metrics`, `/dev/clock`. */
  otherRoutes: readonly ApiRoutes[];
  /** Refuses what is new once it answers true. */
  isDraining?: () => boolean;
  /** Whether a proxy stands in front, whose word on the client's address counts. */
  behindProxy?: boolean;
  timeouts?: Timeouts;
  limits?: RequestLimits;
  metrics?: Metrics;
  /** By default answers go out whole; tests hold them against their schema. */
  serializerFor?: SerializerFor;
};

const adminBodyBytesMax = 1024 * 1024;
/** Words in schemas that say something to readers and nothing to the validator. */
const documentKeywords = ["x-names", "x-shown-once"];
export async function buildServer(o: ServerOptions): Promise<HttpServer> {
  const { headersMs, requestMs, checkMs } = o.timeouts ?? timeoutsDefault;
  const connections = { headersTimeout: headersMs, connectionsCheckingInterval: checkMs };
  const server = fastify({
    ...(o.tls ? { https: { ...o.tls, ...connections } } : { http: connections }),
    bodyLimit: adminBodyBytesMax,
    requestTimeout: requestMs,
    // The proxy next to this server alone: what further ones say, anybody can say.
    trustProxy: o.behindProxy === true ? (_address: string, hop: number) => hop === 0 : false,
    clientErrorHandler: answerBrokenClient,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOfError(error)),
    // By default a schema would coerce and drop members; ours say what is wrong instead.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: true,
        keywords: documentKeywords,
      },
    },
    forceCloseConnections: "idle",
    // Said in a problem, below.
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as HttpServer;

  // Readers reckon by this instant (an agent its skew, an operator "3 h ago"), so it is the collector's clock's.
  server.addHook(
    "onSend",
    async (_request, reply) => void reply.header("date", new Date(o.clock.nowMs()).toUTCString()),
  );
  const methodsOf = rememberMethods(server);
  server.addHook("onRequest", async (request, reply) => {
    if (o.isDraining?.() !== true || openWhileDraining.has(request.url)) return;
    void reply.header("connection", "close");
    throw draining();
  });
  o.metrics?.observe(server);
  server.setSerializerCompiler(o.serializerFor ?? answersWhole);
  server.setErrorHandler(answerError(o.logger));
  server.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length > 0) void reply.header("allow", methods.join(", "));
    return sendProblem(reply, problemOfError(nothingHere(request.method, methods)));
  });
  for (const register of o.openRoutes) {
    await server.register(async (scope) => register(scope as unknown as HttpServer));
  }
  await describeApi(server);
  await server.register(operated(o, o.apiRoutes, true), { prefix: "/api/v1" });
  await server.register(operated(o, o.otherRoutes, false));
  await serveDocument(server);
  return server;
}

/** Probes are answered to the end. */
const openWhileDraining = new Set(["/healthz", "/readyz"]);

function nothingHere(method: string, methods: readonly string[]): HttpProblem {
  const hint = "compare the address with /api/docs, docs/operator.md or docs/wire.md";
  return methods.length === 0
    ? new HttpProblem(404, "route_unknown", `nothing answers ${method} here`, hint)
    : new HttpProblem(
        405,
        "method_refused",
        `this address does not answer ${method}`,
        `use ${methods.join(", ")}`,
      );
}

/** A scope whose every route asks who is there. */
function operated(
  o: ServerOptions,
  routes: readonly ApiRoutes[],
  documented: boolean,
): FastifyPluginAsync {
  return async (scope) => {
    const admin = scope as unknown as HttpServer;
    await hardenAnswers(admin);
    readStrictJson(admin);
    admin.addHook("onRequest", requireCaller(o.database, o.clock));
    admin.addHook("onSend", async (_request, reply) => {
      void reply.header("cache-control", "no-store");
    });
    const limits = o.limits ?? requestLimitsDefault;
    await limitRequests(admin, { limits, callerKey });
    const { database, clock } = o;
    const writes = { database, clock, callerOf: callerKey };
    for (const register of routes) register(apiOf(admin, { documented, writes }));
  };
}

/** Whose an `Idempotency-Key` is: two callers may use the same text. */
function callerKey(request: FastifyRequest): string {
  const { kind, id } = callerOf(request);
  return `${kind}:${id}`;
}

/** As on the wire: duplicate members are refused, because two readers could disagree about them. */
function readStrictJson(server: HttpServer): void {
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    const bytes = body as Buffer;
    // A command without members may leave the body out.
    if (bytes.length === 0) return done(null, {});
    const json = parseStrictJson(bytes);
    if (json.kind === "value") return done(null, json.value);
    const hint = "send one JSON document in UTF-8, each member once";
    return done(new HttpProblem(400, json.code, json.detail, hint));
  });
  server.addHook("preValidation", async (request) => {
    if (request.body === undefined && request.method !== "GET") request.body = {};
    assertStorable(request.params, "the address");
    assertStorable(request.query, "the query");
    assertStorable(request.body, "the body");
  });
}
