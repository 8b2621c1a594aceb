/** How the collector says no over HTTP: every error becomes an RFC 9457 problem with a code and a next step. */

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { problem, problemMediaType, type Problem } from "@submeter/shared/errors/problem";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { ClashError } from "../fleet/clash.ts";
import { UnknownError } from "../fleet/unknown.ts";
import { placeOf, requestFault, type ValidationFault } from "./request-fault.ts";
import { isTransient, isUnavailable } from "../store/database.ts";

/** A refusal with its status. `extra` adds members to the body, such as `faults`. */
export class HttpProblem extends SubmeterError {
  readonly status: number;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    hint: string,
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(code, detail, hint);
    this.status = status;
    this.extra = extra;
  }
}

const retryAfterSeconds = 5;

/** The body to answer with; what is ours to repair tells nothing of its inside. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof HttpProblem) {
    return problem(error.status, error.code, error.message, error.hint, error.extra);
  }
  if (error instanceof UnknownError) return problem(404, error.code, error.message, error.hint);
  if (error instanceof ClashError) return problem(409, error.code, error.message, error.hint);
  if (error instanceof SubmeterError) return problem(422, error.code, error.message, error.hint);
  if (isUnavailable(error) || isTransient(error)) {
    return problem(
      503,
      "temporarily_unavailable",
      "the collector cannot work at the moment",
      "try again in some seconds",
    );
  }
  return problemOfFramework(error) ?? unexpected();
}

/** Fastify's error handler for every route. */
export function answerError(logger: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const answer = problemOfError(error);
    if (answer.status >= 500) {
      logger.error(
        { err: error, method: request.method, route: request.routeOptions.url },
        "request failed",
      );
    }
    void sendProblem(reply, answer);
  };
}

export function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  if (retriable(answer)) {
    const { retry_after_seconds: told } = answer;
    void reply.header("retry-after", typeof told === "number" ? told : retryAfterSeconds);
  }
  // RFC 9110, section 15.5.2: who is refused for want of credentials is told of which kind they are.
  if (answer.status === 401) void reply.header("www-authenticate", 'Bearer realm="submeter"');
  return (
    reply
      .code(answer.status)
      .type(problemMediaType)
      .header("cache-control", "no-store")
      .header("x-content-type-options", "nosniff")
      // As bytes: fastify would add a charset, which JSON does not have.
      .send(Buffer.from(JSON.stringify(answer)))
  );
}

function retriable({ status, code }: Problem): boolean {
  return status === 503 || status === 429 || code === "idempotency_in_progress";
}

type FrameworkError = {
  code?: string;
  statusCode?: number;
  validationContext?: string;
  validation?: ValidationFault[];
};

function problemOfFramework(error: unknown): Problem | null {
  if (typeof error !== "object" || error === null) return null;
  const { code, statusCode, validation, validationContext } = error as FrameworkError;
  if (validation !== undefined) {
    const faults = validation.map(requestFault);
    const first = faults[0];
    const what = `${first?.path ?? ""} ${first?.detail ?? ""}`.trim();
    const detail = `${placeOf(validationContext)} does not fit: ${what}`;
    return problem(400, "request_invalid", detail, "correct the members that `faults` names", {
      faults,
    });
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return problem(
      413,
      "body_too_large",
      "the body is larger than this address takes",
      "send less at once",
    );
  }
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return problem(
      415,
      "media_type_refused",
      "this address does not take that content-type",
      "send application/json",
    );
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    // The framework's own words may tell of its inside.
    const detail = refusedDetails[code ?? ""] ?? "the request cannot be read";
    return problem(statusCode, "request_refused", detail, "correct the request and send it again");
  }
  return null;
}

const refusedDetails: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "the body is not as long as `content-length` says",
  FST_ERR_BAD_URL: "the address is malformed",
  FST_ERR_MAX_PARAM_LENGTH: "a part of the address is too long",
};

function unexpected(): Problem {
  return problem(
    500,
    "internal_error",
    "the collector failed at this request; nothing of it was recorded",
    "try again; if it stays, look for `request failed` in the collector's log",
  );
}
