/** Speaks HTTP to the collector: no redirect is followed, no answer is waited for or read without bound. */

import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { type Network, noProxy } from "../network.ts";

export type HttpAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Lower-case names; repeated ones joined by a comma and a blank. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: "unreachable"; readonly code: string; readonly detail: string };

export type Transport = {
  post(url: URL, headers: Record<string, string>, body: Uint8Array): Promise<HttpAnswer>;
  /** Breaks off what is under way: what got no answer is offered again. */
  close(): Promise<void>;
};

const timeoutMs = 60_000;
const connectTimeoutMs = 10_000;
/** A bundle of 1,000 reports is answered with about 1.5 MB. */
const answerBytesMax = 16 * 1024 * 1024;

/** `endpoint`: over HTTPS, or not, decides which proxy is asked. */
export function httpTransport(endpoint: URL, network: Network): Transport {
  const dispatcher = dispatcherFor(endpoint, network);
  return {
    async post(url, headers, body) {
      try {
        const response = await request(url, {
          method: "POST",
          headers: { ...headers, "accept-encoding": "identity" },
          body,
          dispatcher,
        });
        return {
          kind: "answer",
          status: response.statusCode,
          headers: flatHeaders(response.headers),
          body: await bounded(response.body),
        };
      } catch (error) {
        return unreachable(error);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function dispatcherFor(
  { protocol }: URL,
  { certificateAuthority, clientCertificate, proxy = noProxy }: Network,
): Dispatcher {
  const trusted = certificateAuthority === null ? {} : { ca: certificateAuthority };
  const tls = {
    timeout: connectTimeoutMs,
    ...trusted,
    ...(clientCertificate == null
      ? {}
      : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  };
  const options = {
    connect: tls,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connections: 1,
  };
  const uri = protocol === "https:" ? proxy.https : proxy.http;
  if (uri === null) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    // Our certificate is shown to the collector, inside of the tunnel, and to no proxy.
    requestTls: tls,
    proxyTls: { timeout: connectTimeoutMs, ...trusted },
    httpProxy: uri,
    httpsProxy: uri,
    noProxy: proxy.except,
  });
}

/** Opens nothing: not a socket, not a look-up of a name. */
export const airGappedTransport: Transport = {
  post: () =>
    Promise.resolve({
      kind: "unreachable",
      code: "air_gapped",
      detail: "this agent is air-gapped: its reports leave as files (submeter-agent export)",
    }),
  close: () => Promise.resolve(),
};

async function bounded(body: Dispatcher.ResponseData["body"]): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > answerBytesMax) throw new Error(`the answer has more than ${answerBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function flatHeaders(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

function unreachable(error: unknown): HttpAnswer {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    kind: "unreachable",
    code: "collector_unreachable",
    detail: [code, message].filter((part) => typeof part === "string" && part !== "").join(": "),
  };
}
