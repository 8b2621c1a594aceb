/** Where an agent sends: the vendor gives a base URL, or one that ends in `/ingest`. */

import { SubmeterError } from "../errors/submeter-error.ts";

export type EndpointPaths = { readonly ingest: URL; readonly state: URL };

/** Throws `endpoint_malformed`. Whether plain HTTP may be used is the caller's to decide from the URL. */
export function endpointPaths(text: string): EndpointPaths {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw malformed("the endpoint is no http or https URL");
  }
  if (url.username !== "" || url.password !== "") {
    throw malformed("the endpoint must not hold a user name or password");
  }
  if (url.search !== "" || url.hash !== "") {
    throw malformed("the endpoint must not hold a query or a fragment");
  }
  const base = url.pathname.replace(/\/+$/, "").replace(/\/ingest$/, "");
  return { ingest: new URL(`${base}/ingest`, url), state: new URL(`${base}/state`, url) };
}

function malformed(message: string): SubmeterError {
  return new SubmeterError(
    "endpoint_malformed",
    message,
    "set TELEMETRY_ENDPOINT to the URL that the vendor gave you, such as https://usage.example.com",
  );
}
