/** What delivers events, wired: names are resolved by the host, and posts go where the rules allow. */

import { lookup } from "node:dns/promises";
import type { EventsContext } from "./deliver.ts";
import { postEvent } from "./post.ts";

export function openEvents(
  given: Pick<
    EventsContext,
    "database" | "clock" | "logger" | "masterKey" | "random" | "allowLoopback"
  >,
): EventsContext {
  const { clock, allowLoopback } = given;
  const resolve = (host: string) => lookup(host, { all: true });
  const posting = { clock, resolve, rules: { allowLoopback } };
  return { ...given, post: (message) => postEvent(posting, message) };
}
