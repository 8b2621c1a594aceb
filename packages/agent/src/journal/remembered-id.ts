/** What is remembered of an event's id, and how a page of them is written. */

import type { IdPage } from "./event-ids-tables.ts";

export type RememberedId = {
  /** {@link idKey}: under it only the same fact may come again. */
  readonly key: string;
  /** What the id stood for. */
  readonly fact: string;
};

/** A page is read as a whole where an id may be in it. */
export const idsPerPage = 128;

/** One text for source, id and meter: neither a meter's name nor a length can hold a space. */
export function idKey(source: string | null, id: string, meter: string): string {
  return source === null ? `${meter}  ${id}` : `${meter} ${source.length} ${source}${id}`;
}

/** 32 bits, FNV-1a. Among five million ids one new one in 900 has the hash of another; then the page decides. */
export function idHash(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function pageOf(ids: readonly RememberedId[], hashes: readonly number[]): IdPage {
  return {
    hashes: Uint32Array.from(hashes),
    ids: JSON.stringify(ids.flatMap(({ key, fact }) => [key, fact])),
  };
}

/** Key → fact. */
export function readPage(text: string): Map<string, string> {
  const texts = JSON.parse(text) as string[];
  const facts = new Map<string, string>();
  for (let at = 0; at < texts.length; at += 2) facts.set(texts[at] ?? "", texts[at + 1] ?? "");
  return facts;
}
