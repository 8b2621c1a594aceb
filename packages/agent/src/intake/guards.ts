/** Who may speak to the agent: programs of this machine, never a web page, whatever a browser can be made to send. */

import type { IncomingHttpHeaders } from "node:http";
import { type Problem, problem } from "@submeter/shared/errors/problem";

/**
 * Null when the request may pass. `hosts` are the names that this agent is reached by, lower case, without port: a page that
 * points its own name at 127.0.0.1 sends that name.
 */
export function callerFault(
  headers: IncomingHttpHeaders,
  hosts: ReadonlySet<string>,
): Problem | null {
  const host = headers.host?.toLowerCase();
  if (host === undefined || !hosts.has(withoutPort(host))) {
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

/** A form of a web page can send text/plain across origins, but not application/json without asking first. */
export function contentFault(headers: IncomingHttpHeaders): Problem | null {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    const detail = "the body is not declared as application/json";
    return problem(
      415,
      "content_type_refused",
      detail,
      "send the header content-type: application/json",
    );
  }
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    const detail = "compressed bodies are not taken: on this machine they save nothing";
    return problem(
      415,
      "content_encoding_refused",
      detail,
      "send the body as it is, without content-encoding",
    );
  }
  return null;
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}
