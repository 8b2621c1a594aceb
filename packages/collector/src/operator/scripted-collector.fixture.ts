/** A collector that answers what a test scripted, over real HTTP, and remembers what it was asked. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { parseInstant } from "@submeter/shared/time/instant";

/** A JSON body with status 200, a text, or any answer spelled out. */
export type Scripted =
  | { readonly json: unknown; readonly status?: number }
  | { readonly text: string; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly hangUp: true }
  /** One after the other; the last one stays. */
  | { readonly inTurn: readonly Scripted[] };

type Sent = Exclude<Scripted, { hangUp: true } | { inTurn: readonly Scripted[] }>;

/** `GET /api/v1/fleet?customer=acme` → answer; the query may be left out where it does not matter. */
export type Script = Readonly<Record<string, Scripted>>;

export type ScriptedCollector = {
  readonly url: string;
  /** What came, in order of arrival: method, path and query, body. */
  readonly asked: {
    line: string;
    body: unknown;
    authorization: string | undefined;
    key: string | undefined;
  }[];
  close(): Promise<void>;
};

/** All that is scripted happens at this instant, by the collector's clock. */
export const scriptedNow = parseInstant("2026-01-08T14:12:00Z");

export async function startScriptedCollector(script: Script): Promise<ScriptedCollector> {
  const asked: ScriptedCollector["asked"] = [];
  const server = createServer((request, response) => {
    response.setHeader("date", new Date(scriptedNow * 1000).toUTCString());
    void answer(request, response, script, asked);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: Script,
  asked: ScriptedCollector["asked"],
): Promise<void> {
  const body = await text(request);
  const line = `${request.method} ${decodeURIComponent(request.url ?? "")}`;
  asked.push({
    line,
    body: body === "" ? undefined : (JSON.parse(body) as unknown),
    authorization: request.headers.authorization,
    key: request.headers["idempotency-key"]?.toString(),
  });
  if (line === "GET /healthz") {
    send(response, { json: { status: "ok" } });
    return;
  }
  const scripted = script[line] ?? script[line.split("?")[0] ?? ""];
  const before = asked.filter((one) => one.line === line).length - 1;
  const due =
    scripted && "inTurn" in scripted
      ? scripted.inTurn.at(Math.min(before, scripted.inTurn.length - 1))
      : scripted;
  if (due === undefined || "inTurn" in due) send(response, notScripted(line));
  else if ("hangUp" in due) request.socket.destroy();
  else send(response, due);
}

function send(response: ServerResponse, scripted: Sent): void {
  const status = scripted.status ?? 200;
  if ("json" in scripted) {
    const type = status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "content-type": type }).end(JSON.stringify(scripted.json));
  } else {
    response
      .writeHead(status, { "content-type": "text/plain", ...scripted.headers })
      .end(scripted.text);
  }
}

function notScripted(line: string): Sent {
  return {
    status: 404,
    json: { code: "not_scripted", detail: `the test scripted no answer to ${line}`, hint: "" },
  };
}
