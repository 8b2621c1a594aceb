/** Speaks to the agent that runs on this machine, for the other commands. */

import { gzipSync } from "node:zlib";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type ListenAddress, urlOf } from "../listen-address.ts";

export type LocalAnswer = { readonly status: number; readonly json: unknown };

export type LocalAgent = {
  readonly url: string;
  /** Throws `agent_unreachable` when nothing answers. */
  get(path: string): Promise<LocalAnswer>;
  post(path: string, json: string): Promise<LocalAnswer>;
  /** Gzipped on the way. */
  send(path: string, mediaType: string, bytes: Uint8Array): Promise<LocalAnswer>;
};

const timeoutMs = 120_000;

/** `token`: what the agent asks of every request; null for none. */
export function localAgent(listen: ListenAddress, token: string | null): LocalAgent {
  const url = urlOf(listen);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return {
    url,
    get: (path) => exchange(url, path, { method: "GET", headers }),
    post: (path, json) =>
      exchange(url, path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: json,
      }),
    send: (path, mediaType, bytes) =>
      exchange(url, path, {
        method: "POST",
        headers: { ...headers, "content-type": mediaType, "content-encoding": "gzip" },
        body: gzipSync(bytes),
      }),
  };
}

/** What a 200 carries; throws the problem that anything else is. */
export function resultOf<Result>(answer: LocalAnswer): Result {
  if (answer.status === 200) return answer.json as Result;
  const { code, detail, hint } = (answer.json ?? {}) as Record<string, string | undefined>;
  throw new SubmeterError(
    code ?? "agent_answer_unexpected",
    detail ?? `the agent answered ${answer.status}`,
    hint ?? "check that SUBMETER_AGENT_LISTEN is the agent's address",
  );
}

async function exchange(
  url: string,
  path: string,
  options: {
    method: "GET" | "POST";
    headers?: Record<string, string>;
    body?: string | Buffer<ArrayBuffer>;
  },
): Promise<LocalAnswer> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${url}${path}`, { ...options, signal });
    return { status: response.status, json: readJson(await response.text()) };
  } catch (error) {
    throw new SubmeterError(
      "agent_unreachable",
      `no agent answers at ${url} (${reasonOf(error)})`,
      "start it with `submeter-agent run`, or say where it listens (SUBMETER_AGENT_LISTEN)",
      { cause: error },
    );
  }
}

/** fetch wraps what the network said. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: string }; name?: string };
  return cause?.code ?? name ?? "unknown reason";
}

function readJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
