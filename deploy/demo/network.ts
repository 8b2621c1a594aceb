/** The customer's way to the vendor: a forwarder on loopback that can be cut, or that sends everything twice. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Agent, request } from "undici";

export type Network = {
  /** Base URL that an agent is given as its endpoint. */
  readonly url: string;
  /** How many answers said that the report had been recorded before. */
  duplicates(): number;
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
};

/** `each: "twice"` repeats every report, as a proxy does that retries on its own; the agent gets the second answer. */
export async function openNetwork(target: string, each: "once" | "twice"): Promise<Network> {
  const upstream = new Agent({ connections: 2 });
  let duplicates = 0;
  let server: Server | null = null;

  const send = async (incoming: IncomingMessage, body: Buffer) => {
    const { "content-length": _, connection: __, host: ___, ...headers } = incoming.headers;
    const answer = await request(new URL(incoming.url ?? "/", target), {
      method: incoming.method === "POST" ? "POST" : "GET",
      headers,
      body,
      dispatcher: upstream,
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.headers["submeter-outcome"] === "duplicate") duplicates += 1;
    return { status: answer.statusCode, headers: answer.headers, bytes };
  };

  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    if (each === "twice" && incoming.url?.endsWith("/ingest") === true) await send(incoming, body);
    const answer = await send(incoming, body);
    const {
      connection: _,
      "transfer-encoding": __,
      "keep-alive": ___,
      ...headers
    } = answer.headers;
    outgoing.writeHead(answer.status, headers).end(answer.bytes);
  };

  const listen = async (port: number): Promise<Server> => {
    const opened = createServer((incoming, outgoing) => {
      forward(incoming, outgoing).catch(() => outgoing.destroy());
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    opened.once("error", reject).listen(port, "127.0.0.1", resolve);
    await promise;
    return opened;
  };

  const shut = async (): Promise<void> => {
    const open = server;
    server = null;
    if (open === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    open.close(() => resolve());
    open.closeAllConnections();
    await promise;
  };

  server = await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    duplicates: () => duplicates,
    cut: shut,
    mend: async () => {
      server ??= await listen(port);
    },
    close: async () => {
      await shut();
      await upstream.close();
    },
  };
}
