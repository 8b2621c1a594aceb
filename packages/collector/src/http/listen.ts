/** Where the server may listen: plain HTTP only on the loopback, unless somebody else ends TLS in front of it. */

import type { AddressInfo } from "node:net";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { ConfigurationError } from "../config.ts";
import type { HttpServer } from "./server.ts";

export type ListenOptions = {
  host: string;
  /** 0 for any free port. */
  port: number;
  encrypted: boolean;
  behindTlsProxy: boolean;
};

/** Answers the base URL. Throws `tls_required`, `listen_failed`. */
export async function listen(server: HttpServer, o: ListenOptions): Promise<string> {
  if (!o.encrypted && !o.behindTlsProxy && !isLoopback(o.host)) {
    throw new ConfigurationError(
      "tls_required",
      `plain HTTP would be open to the network on ${o.host}`,
      "give --tls-cert and --tls-key, or --behind-tls-proxy when a proxy in front ends TLS",
    );
  }
  try {
    await server.listen({ host: o.host, port: o.port });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SubmeterError(
      "listen_failed",
      `the collector cannot listen on ${o.host}:${o.port}: ${reason}`,
      "choose another --port, or end the program that holds it",
      { cause },
    );
  }
  const { port } = server.server.address() as AddressInfo;
  const host = o.host.includes(":") ? `[${o.host}]` : o.host;
  return `${o.encrypted ? "https" : "http"}://${host}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
