/**
 * Closing a server: what is under way is answered, then every connection ends. Without it a connection that never asked
 * anything, as a client's pool opens them, would hold the server until it times out.
 */

import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** How long a request that is under way may take at the most once the server closes. */
export const drainPatienceMs = 20_000;

type Closable = Pick<FastifyInstance, "close" | "server">;

/** Call it before the server listens; the function it returns closes the server. */
export function drained(server: Closable, patienceMs = drainPatienceMs): () => Promise<void> {
  let underWay = 0;
  const idle = Promise.withResolvers<void>();
  let closing = false;
  server.server.on("request", (_request: unknown, response: ServerResponse) => {
    underWay += 1;
    // Also when its sender has gone before it was answered.
    response.once("close", () => {
      underWay -= 1;
      if (closing && underWay === 0) idle.resolve();
    });
  });
  return async () => {
    closing = true;
    if (underWay === 0) idle.resolve();
    const closed = server.close();
    const patience = setTimeout(idle.resolve, patienceMs);
    await idle.promise;
    clearTimeout(patience);
    server.server.closeAllConnections();
    await closed;
  };
}
