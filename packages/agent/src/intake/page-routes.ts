/**
 * `GET /`: the page for whoever runs the agent. Its files say nothing and are given without a token; what it shows comes from
 * `GET /v1/page`, which asks for it.
 */

import { assetPaths, readAsset } from "../page/assets.ts";
import type { PageState } from "../page/page-state.ts";
import type { Answer } from "./answer.ts";
import { type Route, type Routes, jsonOnly, jsonRoute } from "./route.ts";

/** Only what this agent serves itself, nowhere in a frame, and nobody learns where it lies. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

export function pageRoutes(page: PageState): Routes {
  const files = assetPaths.map((path): [string, Route] => [path, assetRoute(path)]);
  return { ...Object.fromEntries(files), "/v1/page": jsonRoute("GET", () => page.read()) };
}

function assetRoute(path: string): Route {
  let answer: Answer | null = null;
  return {
    method: "GET",
    mediaTypes: jsonOnly,
    gzip: false,
    isProbe: true,
    run: () => (answer ??= { status: 200, ...readAsset(path), headers }),
  };
}
