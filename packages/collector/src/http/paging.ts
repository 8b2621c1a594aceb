/** Lists in pages: `{items, next}`, where `next` is an opaque cursor or null. */

import Type from "typebox";
import { tryInstant } from "@submeter/shared/time/instant";
import { uuidPattern } from "@submeter/shared/wire/names";
import { HttpProblem } from "./http-problem.ts";

const limitDefault = 100;
const limitMax = 1000;

export const pageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: "^[1-9][0-9]{0,3}$",
      description: `So many at most: ${limitDefault} when absent, ${limitMax} at the most`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 4096, description: "`next` of the page before, as it is" }),
  ),
};

export type Page<Item> = { items: Item[]; next: string | null };

export function pageLimit(query: { limit?: string }): number {
  return Math.min(query.limit === undefined ? limitDefault : Number(query.limit), limitMax);
}

/** `found` holds up to limit + 1 items; `keyOf` names the place of an item in the order of the list. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  keyOf: (item: Item) => readonly (string | number)[],
): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, next: more ? encodeCursor(keyOf(last)) : null };
}

const secondsMax = tryInstant("9999-12-31T23:59:59Z") ?? 0;
const secondsMin = tryInstant("0000-01-01T00:00:00Z") ?? 0;
const countMax = 2 ** 31 - 1;
const uuid = new RegExp(uuidPattern);

/** What a place is made of. Whoever writes a cursor himself may put anything there; it goes no further than here. */
const isPart = {
  text: (part: unknown) => typeof part === "string" && !part.includes("\0"),
  uuid: (part: unknown) => typeof part === "string" && uuid.test(part),
  count: (part: unknown) => isWhole(part, -1, countMax),
  instant: (part: unknown) => isWhole(part, secondsMin, secondsMax),
};

type Kind = keyof typeof isPart;
type Place<Kinds extends readonly Kind[]> = {
  -readonly [Index in keyof Kinds]: Kinds[Index] extends "text" | "uuid" ? string : number;
};

/** The place of the last item of the page before, part by part; null at the start. Throws `cursor_malformed`. */
export function cursorKey<const Kinds extends readonly Kind[]>(
  query: { cursor?: string },
  ...kinds: Kinds
): Place<Kinds> | null {
  if (query.cursor === undefined) return null;
  const key = decoded(query.cursor);
  const fits =
    Array.isArray(key) &&
    key.length === kinds.length &&
    kinds.every((kind, index) => isPart[kind](key[index]));
  if (fits) return key as Place<Kinds>;
  const hint = "take `next` of the page before as it is, or leave the cursor out";
  throw new HttpProblem(400, "cursor_malformed", "the cursor is none of this list's", hint);
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

function isWhole(part: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(part) && Number(part) >= least && Number(part) <= most;
}
