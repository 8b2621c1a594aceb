/** Who may speak to the agent: programs of this machine, never a web page, whatever a browser can be made to send. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Problem, problem } from "@submeter/shared/errors/problem";
import type { Route } from "./route.ts";

/**
 * Null when the request may pass. `hosts` are the names that this agent is reached by, lower case, without port: a page that
 * points its own name at 127.0.0.1 sends that name. Null: any, where no browser gets to or a token is asked for.
 */
export function callerFault(
  headers: IncomingHttpHeaders,
  hosts: ReadonlySet<string> | null,
): Problem | null {
  const host = headers.host?.toLowerCase();
  if (hosts !== null && (host === undefined || !hosts.has(withoutPort(host)))) {
    const detail = "the Host header does not name this agent";
    return problem(403, "host_refused", detail, `use one of ${[...hosts].join(", ")}`);
  }
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`) {
    return problem(
      403,
      "origin_refused",
      "the request comes from a web page of another origin",
      "send usage from the product itself, not from a browser",
    );
  }
  return null;
}

/** Only JSON and what only a program sends: a form of a web page can send text/plain across origins without asking first. */
export function contentFault(
  headers: IncomingHttpHeaders,
  route: Pick<Route, "mediaTypes" | "gzip">,
): Problem | null {
  if (!route.mediaTypes.includes(mediaTypeOf(headers))) {
    const detail = `the body is not declared as ${route.mediaTypes.join(" or ")}`;
    const hint = `send the header content-type: ${route.mediaTypes[0]}`;
    return problem(415, "content_type_refused", detail, hint);
  }
  const encoding = contentEncodingOf(headers);
  if (encoding === "identity" || (route.gzip && encoding === "gzip")) return null;
  const detail = route.gzip
    ? "the body is compressed otherwise than with gzip"
    : "compressed bodies are not taken: on this machine they save nothing";
  return problem(
    415,
    "content_encoding_refused",
    detail,
    "send the body as it is, without content-encoding",
  );
}

export function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function contentEncodingOf(headers: IncomingHttpHeaders): string {
  return headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
}

/** Null when the request brings the token, or none is asked for. */
export function tokenFault(headers: IncomingHttpHeaders, token: string | null): Problem | null {
  if (token === null) return null;
  const given = /^bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  // Of equal length, so that the time it takes tells nothing of the token.
  if (given !== undefined && timingSafeEqual(sha256(given), sha256(token))) return null;
  return problem(
    401,
    "token_refused",
    "the request does not bring this agent's token",
    "send the header authorization: Bearer …, with the value of SUBMETER_AGENT_TOKEN",
  );
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}
