/** What a command's text is drawn on: how wide, in which colours, and as of when. */

import type { Instant } from "@submeter/shared/time/instant";

import type { Paint } from "./paint.ts";

export type Page = {
  readonly paint: Paint;
  /** Columns to fill; Infinity where nobody watches (a file, a pipe): there nothing is shortened. */
  readonly width: number;
  readonly now: Instant;
};

/** Blocks of text with one empty line between them; empty blocks vanish. */
export function paragraphs(...blocks: readonly string[]): string {
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** Said below a list that was cut short; nothing when it was not. */
export function moreText(page: Page, next: string | null): string {
  return next === null ? "" : page.paint.faint("→ there are more: --limit all shows them");
}

/** A heading over what follows, or nothing when nothing follows. */
export function section(page: Page, heading: string, body: string): string {
  return body === "" ? "" : `${page.paint.strong(heading)}\n${body}`;
}

/** What to say when there is nothing to show: the fact, then the command that changes it. */
export function nothing(page: Page, fact: string, next: string): string {
  return `${fact}\n${page.paint.faint(`→ ${next}`)}`;
}

/** Names and values below each other, the values aligned; pairs without a value are left out. */
export function pairs(page: Page, entries: readonly (readonly [string, string | null])[]): string {
  const shown = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${page.paint.faint(name.padEnd(width))}  ${value}`)
    .join("\n");
}

const proseColumnsMax = 100;

/** Sentences one below the other, each with a dot and broken at words. */
export function bullets(page: Page, sentences: readonly string[], indent = "  "): string {
  const room = Math.min(page.width, proseColumnsMax) - indent.length - 2;
  return sentences
    .map((sentence) => `${indent}· ${broken(sentence, room).join(`\n${indent}  `)}`)
    .join("\n");
}

function broken(sentence: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
