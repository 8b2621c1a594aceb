/** Stands between an agent and its collector, and lets an answer through only when the test does. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeCollector, Reply } from "./fake-collector.fixture.ts";

export type Gate = {
  readonly url: string;
  /** The next report or bundle is answered once the test says so: with `reply`, or by the collector, which has seen it by then. */
  readonly hold: (reply?: Reply) => { readonly arrived: Promise<void>; readonly pass: () => void };
  readonly close: () => Promise<void>;
};

export async function gateBefore(collector: FakeCollector): Promise<Gate> {
  let held: { reply: Reply | undefined; arrived: () => void; passes: Promise<void> } | null = null;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const asked = {
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(parts),
      };
      const now = asked.path === "/ingest" ? held : null;
      if (now !== null) held = null;
      const { status, headers, body } = now?.reply ?? collector.answer(asked);
      void Promise.resolve(now?.passes).then(() => {
        response.writeHead(status, headers).end(body);
      });
      now?.arrived();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (reply) => {
      const arrived = Promise.withResolvers<void>();
      const passes = Promise.withResolvers<void>();
      held = { reply, arrived: arrived.resolve, passes: passes.promise };
      return { arrived: arrived.promise, pass: passes.resolve };
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
