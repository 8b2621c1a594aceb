/** From the bytes of `POST /v1/usage` to facts: what is wrong with an item is said of that item, and the others stand. */

import type { Instant } from "@submeter/shared/time/instant";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import type { Fact } from "../counting/fact.ts";
import type { EventForms, ReadItems } from "./event-forms.ts";
import { type EventRules, type Fault, bodyHint, readEvent } from "./read-event.ts";

/** Why one item was not counted. `status` is what a request with only this item is answered. */
export type Rejection = {
  readonly index: number;
  readonly status: 409 | 422 | 503;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
};

export type ReadEvents =
  | {
      readonly kind: "malformed";
      readonly code: string;
      readonly detail: string;
      readonly hint: string;
    }
  | {
      readonly kind: "events";
      /** One event was sent, not a list. */
      readonly single: boolean;
      readonly facts: readonly Fact[];
      /** `indexes[n]` is the place of `facts[n]` in the request. */
      readonly indexes: readonly number[];
      readonly rejected: readonly Rejection[];
    };

/** `idOf` names items that bring no id of their own, by their place in the request. */
export function readEvents(
  body: Uint8Array,
  forms: EventForms,
  now: Instant,
  idOf: ((index: number) => string) | null = null,
): ReadEvents {
  const items = forms.read(body, now) ?? readWhole(body, forms.rules, now);
  if ("kind" in items) return items;
  const facts: Fact[] = [];
  const indexes: number[] = [];
  const rejected: Rejection[] = [];
  for (let index = 0; index < items.read.length; index += 1) {
    const read = items.read[index] as Fact | Fault;
    if ("code" in read) rejected.push({ index, status: 422, ...read });
    else {
      facts.push(read.id === null && idOf !== null ? { ...read, id: idOf(index) } : read);
      indexes.push(index);
    }
  }
  return { kind: "events", single: items.single, facts, indexes, rejected };
}

type Malformed = Extract<ReadEvents, { kind: "malformed" }>;

function readWhole(body: Uint8Array, rules: EventRules, now: Instant): ReadItems | Malformed {
  const json = parseStrictJson(body);
  if (json.kind === "malformed") {
    return { ...json, detail: `the body cannot be read: ${json.detail}`, hint: bodyHint };
  }
  const { value } = json;
  if (typeof value !== "object" || value === null) {
    const detail = "the body is neither an event nor a list of events";
    return { kind: "malformed", code: "event_malformed", detail, hint: bodyHint };
  }
  const single = !Array.isArray(value);
  const items = single ? [value] : (value as unknown[]);
  return { single, read: items.map((item) => readEvent(item, rules, now)) };
}
