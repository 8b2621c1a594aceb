/** `POST /v1/usage`: one event or a list of them, as JSON. */

import type { IncomingHttpHeaders } from "node:http";
import { type Problem, problem } from "@submeter/shared/errors/problem";
import type { Clock } from "@submeter/shared/time/clock";
import type { Fact } from "../counting/fact.ts";
import type { GroupResult } from "../counting/group-commit.ts";
import type { Tally } from "../counting/tally.ts";
import { type Answer, refusalAnswer, refused, usageAnswer } from "./answer.ts";
import { EventForms } from "./event-forms.ts";
import type { EventRules } from "./read-event.ts";
import { readEvents } from "./read-events.ts";
import { type Route, jsonOnly } from "./route.ts";

export type CountingRouteParts = {
  readonly rules: EventRules;
  readonly clock: Clock;
  readonly submit: (facts: readonly Fact[]) => Promise<GroupResult>;
  readonly tally: Pick<Tally, "refuse">;
};

/** With the place in the list behind it, it still fits an event id. */
const keyLengthMax = 200;

export function usageRoute(parts: CountingRouteParts): Route {
  const forms = new EventForms(parts.rules);
  return {
    method: "POST",
    mediaTypes: jsonOnly,
    gzip: false,
    run: ({ headers, body }) => answerUsage({ ...parts, forms }, headers, body),
  };
}

async function answerUsage(
  { forms, clock, submit, tally }: CountingRouteParts & { forms: EventForms },
  headers: IncomingHttpHeaders,
  body: Uint8Array,
): Promise<Answer> {
  const key = headers["idempotency-key"];
  if (key !== undefined && !isKey(key)) return refused(keyMalformed());
  // A request that is sent again under its key brings the same ids, so that each of its events counts once.
  const idOf = key === undefined ? null : (index: number) => `${key} ${index}`;
  const read = readEvents(body, forms, clock.now(), idOf);
  if (read.kind === "malformed") {
    return refused(problem(400, read.code, read.detail, read.hint));
  }
  for (const { code } of read.rejected) tally.refuse(code, 1);
  if (read.facts.length === 0) return usageAnswer(read, []);
  const result = await submit(read.facts);
  return result.kind === "refused"
    ? refusalAnswer(result.reason)
    : usageAnswer(read, result.outcomes);
}

function isKey(key: string | string[]): key is string {
  return typeof key === "string" && key.length > 0 && key.length <= keyLengthMax;
}

function keyMalformed(): Problem {
  return problem(
    400,
    "idempotency_key_malformed",
    `the header idempotency-key is no text of 1 to ${keyLengthMax} characters`,
    "send a text that names this request and no other, such as a UUID",
  );
}
