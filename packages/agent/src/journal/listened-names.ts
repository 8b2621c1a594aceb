/** Since when the names of other people's counters lead to a meter: what they held before that is nobody's order to count. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Journal } from "./journal.ts";

const name = "listened";

/** Remembers what is new among `names`, and forgets what is not among them. A first run has listened since the journal began. */
export function listenFor(
  journal: Journal,
  names: Iterable<string>,
  now: Instant,
): Readonly<Record<string, Instant>> {
  const { knowledge, streams } = journal;
  const before = knowledge.get<Record<string, Instant>>(name);
  const since = before === null ? (streams.inSightSince() ?? now) : now;
  const listened = Object.fromEntries(
    [...new Set(names)].toSorted().map((one) => [one, before?.[one] ?? since]),
  );
  if (JSON.stringify(listened) !== JSON.stringify(before)) {
    journal.write(() => {
      knowledge.set(name, listened);
    });
  }
  return listened;
}
