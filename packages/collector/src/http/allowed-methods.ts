/** Which methods an address answers, so that another one is told apart from an address that does not exist. */

import type { HttpServer } from "./server.ts";

/** Call it before any route is registered. Answers the methods, in order; none where nothing is. */
export function rememberMethods(server: HttpServer): (url: string) => string[] {
  const known: { method: string; pattern: RegExp }[] = [];
  server.addHook("onRoute", ({ method, url }) => {
    const escaped = url.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:\w+/g, "[^/]+");
    for (const one of [method].flat()) {
      known.push({ method: one, pattern: new RegExp(`^${escaped}$`) });
    }
  });
  return (url) => {
    const [path = ""] = url.split("?");
    const found = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(found)].toSorted();
  };
}
