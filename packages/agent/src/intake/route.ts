/** One path of the agent's HTTP server: what it takes, and what it answers. */

import type { IncomingHttpHeaders } from "node:http";
import { problem } from "@submeter/shared/errors/problem";
import { parseStrictJson } from "@submeter/shared/wire/strict-json";
import { type Answer, refused } from "./answer.ts";

export type RouteRequest = {
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Lower case, without parameters; empty where none was declared. */
  readonly mediaType: string;
  /** Inflated; empty for GET. */
  readonly body: Uint8Array;
};

export type Route = {
  readonly method: "GET" | "POST";
  /** The media types that a POST may declare. None of them is one that a form of a web page could send. */
  readonly mediaTypes: readonly string[];
  /** 1 MiB when left out; as it comes, and inflated. */
  readonly bodyBytesMax?: number;
  /** Whether a body may come gzipped. */
  readonly gzip: boolean;
  /** Answered without the token too: it says nothing that is counted. */
  readonly isProbe?: boolean;
  readonly run: (request: RouteRequest) => Answer | Promise<Answer>;
};

/** Path → route. `/v1/entitlements/*` takes any one segment in the place of the star. */
export type Routes = Readonly<Record<string, Route>>;

export const jsonOnly = ["application/json"] as const;

/** What a thrown SubmeterError of `run` becomes is the server's to say. */
export function jsonRoute(method: Route["method"], run: () => unknown): Route {
  return {
    method,
    mediaTypes: jsonOnly,
    gzip: false,
    run: async () => ({ status: 200, json: await run() }),
  };
}

/** As {@link jsonRoute}, for a POST that says something: `read` makes of the JSON what `run` takes, or throws why it cannot. */
export function askingRoute<Asked>(
  read: (json: unknown) => Asked,
  run: (asked: Asked) => unknown,
): Route {
  return {
    method: "POST",
    mediaTypes: jsonOnly,
    gzip: false,
    run: async ({ body }) => {
      const json = parseStrictJson(body);
      if (json.kind === "malformed") {
        return refused(problem(400, json.code, json.detail, "send UTF-8 JSON, each member once"));
      }
      return { status: 200, json: await run(read(json.value)) };
    },
  };
}
