/** OTLP/HTTP metrics, as JSON and as protobuf, answered in the encoding that was sent. */

import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import type { Clock } from "@submeter/shared/time/clock";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import type { FactOutcome, GroupCommit } from "../../counting/group-commit.ts";
import type { Tally } from "../../counting/tally.ts";
import { type Answer, outcomeFaults, refusalAnswer } from "../answer.ts";
import type { Fault } from "../read-event.ts";
import {
  ExportMetricsPartialSuccessSchema,
  type ExportMetricsServiceRequest,
  ExportMetricsServiceRequestSchema,
  ExportMetricsServiceResponseSchema,
  StatusSchema,
} from "./metrics_pb.js";
import { type OtlpRules, type ReadMetrics, readMetrics } from "./read-metrics.ts";

export type MetricsParts = {
  readonly rules: OtlpRules;
  readonly clock: Clock;
  readonly submit: GroupCommit["submit"];
  readonly tally: Pick<Tally, "refuse">;
};

const protobuf = "application/x-protobuf";
/** google.rpc.Code */
const invalidArgument = 3;
const unavailable = 14;

export async function answerMetrics(
  { rules, clock, submit, tally }: MetricsParts,
  mediaType: string,
  body: Uint8Array,
): Promise<Answer> {
  const request = decoded(mediaType, body);
  if (typeof request === "string") {
    return statusAnswer(mediaType, 400, { code: invalidArgument, message: request });
  }
  const read = readMetrics(request, rules, clock.now());
  tally.refuse("otlp_point", read.rejectedPoints);
  const result = await submit(read.facts, read.sources);
  if (result.kind === "refused") {
    // 503 is sent again by every exporter; 500 by none.
    const { problem, retryAfterSeconds } = refusalAnswer(result.reason);
    const message = `${problem.code}: ${problem.detail}`;
    const answer = statusAnswer(mediaType, 503, { code: unavailable, message });
    return retryAfterSeconds === undefined ? answer : { ...answer, retryAfterSeconds };
  }
  return successAnswer(mediaType, read, result.outcomes);
}

/** The reason when it is none. */
function decoded(mediaType: string, body: Uint8Array): ExportMetricsServiceRequest | string {
  try {
    if (mediaType === protobuf) return fromBinary(ExportMetricsServiceRequestSchema, body);
    const read = parseStrictJson(body);
    if (read.kind === "malformed") return read.detail;
    const value = read.value as Parameters<typeof fromJson>[1];
    return fromJson(ExportMetricsServiceRequestSchema, value, { ignoreUnknownFields: true });
  } catch {
    // The library's message may quote what was sent.
    return "the body is no ExportMetricsServiceRequest";
  }
}

/** 200, with a partial success when points were refused: sending those again would not help. */
function successAnswer(
  mediaType: string,
  { rejectedPoints, faults }: ReadMetrics,
  outcomes: readonly FactOutcome[],
): Answer {
  const refusals: Omit<Fault, "status">[] = [...faults.values()];
  let rejected = rejectedPoints;
  for (const outcome of outcomes) {
    if (outcome === "counted" || outcome === "duplicate") continue;
    rejected += 1;
    if (!refusals.some(({ code }) => code === outcomeFaults[outcome].code)) {
      refusals.push(outcomeFaults[outcome]);
    }
  }
  const response = create(ExportMetricsServiceResponseSchema);
  if (rejected > 0) {
    const errorMessage = refusals.map(({ code, detail }) => `${code}: ${detail}`).join("; ");
    response.partialSuccess = create(ExportMetricsPartialSuccessSchema, {
      rejectedDataPoints: BigInt(rejected),
      errorMessage,
    });
  }
  return encoded(
    mediaType,
    200,
    toBinary(ExportMetricsServiceResponseSchema, response),
    toJson(ExportMetricsServiceResponseSchema, response),
  );
}

function statusAnswer(mediaType: string, status: number, said: { code: number; message: string }) {
  const message = create(StatusSchema, said);
  return encoded(mediaType, status, toBinary(StatusSchema, message), toJson(StatusSchema, message));
}

function encoded(mediaType: string, status: number, binary: Uint8Array, value: unknown) {
  const bytes = mediaType === protobuf ? binary : Buffer.from(JSON.stringify(value));
  return { status, mediaType, bytes };
}
