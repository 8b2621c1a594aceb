/** Lists in pages: `{items, next}`, where `next` is an opaque cursor or null. */

import Type from "typebox";
import { HttpProblem } from "./http-problem.ts";

export const pageQuery = {
  limit: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,3}$" })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
};

export type Page<Item> = { items: Item[]; next: string | null };

const limitDefault = 100;
const limitMax = 1000;

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

/** The key of the last item of the page before; null at the start. Throws `cursor_malformed`. */
export function cursorKey(query: { cursor?: string }): (string | number)[] | null {
  if (query.cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(query.cursor, "base64url").toString("utf8"));
    if (Array.isArray(key) && key.every((part) => /^(string|number)$/.test(typeof part)))
      return key;
  } catch {
    // Falls through to the refusal, as whatever else is no cursor.
  }
  const hint = "take `next` of the page before as it is, or leave the cursor out";
  throw new HttpProblem(400, "cursor_malformed", "the cursor is none of ours", hint);
}

function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}
