/** `POST /api/v1/events`: CloudEvents, so that the clients of OpenMeter can be pointed here unchanged. */

import { problem } from "@submeter/shared/errors/problem";
import { type Answer, refusalAnswer, refused, usageAnswer } from "./answer.ts";
import {
  type CloudEventRules,
  batchType,
  plainType,
  readCloudEvents,
  structuredType,
} from "./cloud-events.ts";
import type { Route, RouteRequest } from "./route.ts";
import type { CountingRouteParts } from "./usage-route.ts";

type Parts = CountingRouteParts & { readonly rules: CloudEventRules };

export function cloudEventsRoute(parts: Parts): Route {
  return {
    method: "POST",
    mediaTypes: [structuredType, batchType, plainType],
    gzip: false,
    run: (request) => answerEvents(parts, request),
  };
}

/** 204 when every event is counted or was before; else the first that is not, with all of them under `rejected`. */
async function answerEvents(
  { rules, clock, submit, tally }: Parts,
  request: RouteRequest,
): Promise<Answer> {
  const read = readCloudEvents(request, rules, clock.now());
  if (read.kind === "malformed") {
    return refused(problem(400, read.code, read.detail, read.hint));
  }
  for (const { code } of read.rejected) tally.refuse(code, 1);
  const result = read.facts.length === 0 ? null : await submit(read.facts);
  if (result?.kind === "refused") return refusalAnswer(result.reason);
  const answer = usageAnswer({ ...read, single: false }, result?.outcomes ?? []);
  if (!("json" in answer)) return answer;
  const { rejected } = answer.json as {
    rejected: { code: string; detail: string; hint: string }[];
  };
  const [first] = rejected;
  if (first === undefined) return { status: 204 };
  // Its clients know no answer for a part of a batch. What is counted already is a duplicate when they send it again.
  return refused(problem(400, first.code, first.detail, first.hint, { rejected }));
}
