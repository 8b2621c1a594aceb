/** Lists as Stripe pages them: newest first, by cursor. docs.stripe.com/api/pagination. */

import type { Stripe } from "stripe";
import { invalid, missing } from "./refusal.ts";

export type PageRequest = {
  readonly limit?: number;
  readonly starting_after?: string;
  readonly ending_before?: string;
};

const limitDefault = 10;
const limitMax = 100;

/** One page of `objects`, which come in the order in which they are listed. */
export function page<T extends { id: string }>(
  objects: readonly T[],
  request: PageRequest,
  url: string,
): Stripe.ApiList<T> {
  const limit = request.limit ?? limitDefault;
  if (limit < 1 || limit > limitMax) {
    throw invalid("parameter_invalid_integer", `limit must lie between 1 and ${limitMax}`, "limit");
  }
  if (request.ending_before !== undefined) {
    const before = objects.slice(0, position(objects, request.ending_before, "ending_before"));
    return list(before.slice(-limit), before.length > limit, url);
  }
  const from =
    request.starting_after === undefined
      ? 0
      : position(objects, request.starting_after, "starting_after") + 1;
  return list(objects.slice(from, from + limit), objects.length > from + limit, url);
}

/** Filters by `created` as Stripe's range parameters have it. */
export function createdWithin(
  created: number,
  range: number | Stripe.RangeQueryParam | undefined,
): boolean {
  if (range === undefined) return true;
  if (typeof range === "number") return created === range;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
  return created > gt && created >= gte && created < lt && created <= lte;
}

function position(objects: readonly { id: string }[], id: string, param: string): number {
  const index = objects.findIndex((object) => object.id === id);
  if (index < 0) throw missing("object", id, param);
  return index;
}

function list<T>(data: readonly T[], more: boolean, url: string): Stripe.ApiList<T> {
  return { object: "list", data: [...data], has_more: more, url };
}
