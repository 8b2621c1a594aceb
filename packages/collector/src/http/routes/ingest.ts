/** `POST /ingest` and `POST /state`: what agents speak. Bodies stay bytes until their signature has been verified. */

import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { problem } from "@submeter/shared/errors/problem";
import type { Clock } from "@submeter/shared/time/clock";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import type { SignatureHeaders } from "@submeter/shared/wire/document";
import { type Bundles, openBundles } from "../../ingest/bundle.ts";
import { type Answer, type Ingest, reportBytesReadMax } from "../../ingest/ingest.ts";
import type { SignedBytes } from "../../ingest/keyring.ts";
import { openAttemptsByAddress } from "../attempts-by-address.ts";
import { HttpProblem, sendProblem } from "../http-problem.ts";
import type { HttpServer, Routes } from "../server.ts";

/** Compressed, as it comes over the network; inflated it is bounded line by line. */
const bundleBytesMaxOnWire = 8 * 1024 * 1024;

const retryAfterSeconds = "5";

/** Documents that nobody here signed, from one address in a minute, before it is told to wait. */
const refusalsMax = 600;

/**
 * Every document is verified, whatever came before it from its address: behind one there may be many, and a valid one is
 * never refused for what its neighbours send. What is limited is how often an address is told no.
 */
export function ingestRoutes(ingest: Ingest, clock: Pick<Clock, "nowMs">): Routes {
  const bundles = openBundles(ingest);
  const refusals = openAttemptsByAddress(() => clock.nowMs(), refusalsMax);
  const limited = (request: FastifyRequest, reply: FastifyReply, answer: Answer) => {
    const byNobody = answer.signer === null && answer.status < 500;
    const seconds = byNobody ? refusals(request.ip) : null;
    if (seconds === null) return sendAnswer(reply, answer);
    void reply.header("connection", "close");
    return sendProblem(reply, tooManyRefusals(seconds));
  };
  return (server) => {
    readBytes(server);
    server.post("/ingest", async (request, reply) => {
      if (isBundle(request)) return answerBundle(bundles, request, reply, refusals);
      return limited(request, reply, await ingest.report(signedBytes(request)));
    });
    server.post("/state", async (request, reply) => {
      if (isBundle(request)) throw mediaTypeRefused();
      return limited(request, reply, await ingest.hello(signedBytes(request)));
    });
  };
}

function tooManyRefusals(seconds: number) {
  return problem(
    429,
    "too_many_refusals",
    "documents that no key of this collector signed came too often from this address",
    "wait as long as `Retry-After` says; check TELEMETRY_HMAC_KEY of the agents there: valid reports are taken all the while",
    { retry_after_seconds: seconds },
  );
}

function readBytes(server: HttpServer): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: reportBytesReadMax },
    (_request, body, done) => done(null, body),
  );
  server.addContentTypeParser(
    bundleMediaType,
    { bodyLimit: bundleBytesMaxOnWire },
    (_request, payload, done) => done(null, payload),
  );
  server.addHook("onRequest", async (request) => {
    const coding = request.headers["content-encoding"] ?? "identity";
    const allowed = coding === "identity" || (coding === "gzip" && isBundle(request));
    if (!allowed) {
      const hint = "send documents as they are; only bundles may be gzipped";
      throw new HttpProblem(415, "content_coding_refused", "the body is encoded", hint);
    }
  });
}

function isBundle(request: FastifyRequest): boolean {
  return mediaTypeOf(request) === bundleMediaType;
}

function mediaTypeOf(request: FastifyRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function mediaTypeRefused(): HttpProblem {
  const hint = "send application/json";
  return new HttpProblem(415, "media_type_refused", "a hello comes alone, not in a bundle", hint);
}

function signedBytes(request: FastifyRequest): SignedBytes {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const headers: Partial<SignatureHeaders> = {};
  for (const name of ["content-digest", "signature-input", "signature"] as const) {
    const value = request.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  return { body, headers };
}

function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  void reply.code(answer.status).headers({
    "content-type": "application/json",
    "cache-control": "no-store, no-transform",
    ...answer.headers,
    ...(answer.stateRevision !== null && { "submeter-state-revision": answer.stateRevision }),
    ...((answer.status === 503 || answer.status === 429) && { "retry-after": retryAfterSeconds }),
  });
  return reply.send(Buffer.from(answer.body));
}

async function answerBundle(
  bundles: Bundles,
  request: FastifyRequest,
  reply: FastifyReply,
  refusals: (address: string, more: number) => number | null,
): Promise<FastifyReply> {
  const answer = await bundles.receive(inflated(request), request.ip);
  if (answer.kind === "refused") {
    // What is left of the body is not read: the connection ends with the answer.
    void reply.header("connection", "close");
    if (answer.problem.status === 503) void reply.header("retry-after", retryAfterSeconds);
    return sendProblem(reply, answer.problem);
  }
  const seconds = answer.ofNobody === null ? null : refusals(request.ip, answer.ofNobody);
  if (seconds !== null) {
    void reply.header("connection", "close");
    return sendProblem(reply, tooManyRefusals(seconds));
  }
  return reply
    .code(200)
    .headers({ "content-type": bundleMediaType, "cache-control": "no-store, no-transform" })
    .send(answer.lines.join(""));
}

async function* inflated(request: FastifyRequest): AsyncGenerator<Uint8Array> {
  const payload = request.body as Readable;
  if (request.headers["content-encoding"] !== "gzip") {
    yield* payload as AsyncIterable<Uint8Array>;
    return;
  }
  const gunzip = createGunzip();
  // `pipe` does not hand errors on, and a request that is cut off must not leave the reader waiting.
  payload.on("error", (error) => gunzip.destroy(error));
  try {
    yield* payload.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    const hint = "compress the whole bundle once with gzip, or send it as it is";
    throw new HttpProblem(400, "gzip_malformed", `the bundle cannot be inflated: ${reason}`, hint);
  } finally {
    gunzip.destroy();
  }
}
