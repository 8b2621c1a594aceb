/**
 * Which counters of others began while this journal was watching: only such a one counts whole with its first reading. What
 * another held before may have been counted already, so that counting begins where it stands.
 */

import type { Instant } from "@submeter/shared/time/instant";
import type { Journal } from "../journal/journal.ts";
import { pageStream } from "../journal/streams-table.ts";

/** Of each name under which others keep a counter, since when it leads to a declared meter. */
export type Listened = Readonly<Record<string, Instant>>;

export class Sight {
  readonly #streams: Journal["streams"];
  readonly #listened: Listened;

  constructor(streams: Journal["streams"], listened: Listened) {
    this.#streams = streams;
    this.#listened = listened;
  }

  /** A counter of that name which says that it began since then, and has no last reading here, was never counted. */
  since(name: string): Instant {
    const listened = this.#listened[name];
    // Nothing is in sight of a name that nobody listens for.
    if (listened === undefined) return Number.MAX_SAFE_INTEGER;
    return Math.max(listened, this.#streams.inSightSince() ?? listened);
  }

  /** Whether the page was read while the name was listened for: a counter that is new on it began in between, at zero. */
  hasRead(page: string, name: string): boolean {
    const readAt = this.#streams.seenAt(pageStream(page));
    return readAt !== undefined && readAt >= (this.#listened[name] ?? Number.MAX_SAFE_INTEGER);
  }
}
