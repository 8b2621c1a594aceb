/** A product's page of metrics that says what the test says, and an agent that asks for it when the test says so. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AgentWorld, agentWorld } from "./agent.fixture.ts";

export type Product = {
  readonly world: AgentWorld;
  /** Text of the page; a number is a status without one. */
  says: (page: string | number) => void;
  /** The next page is read, or is known to be unreadable. */
  scraped: (seconds?: number) => Promise<void>;
  readonly end: () => Promise<void>;
};

export async function productWithPage(names: ReadonlyMap<string, string> = new Map()) {
  let page: string | number = 503;
  const server = createServer((_, response) => {
    if (typeof page === "number") response.writeHead(page).end();
    else response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  const world = await agentWorld({
    ways: { scrape: [{ source: "product", url, everySeconds: 30 }], names },
  });
  const product: Product = {
    world,
    says: (next) => {
      page = next;
    },
    scraped: async (seconds = 30) => {
      world.clock.pass(seconds);
      const before = world.agent.status().ways.scrape[0];
      world.agent.beat();
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = setInterval(() => {
        const now = world.agent.status().ways.scrape[0];
        if (now?.read_at === before?.read_at && now?.problem === before?.problem) return;
        clearInterval(look);
        resolve();
      }, 2);
      await promise;
    },
    end: async () => {
      await world.end();
      server.closeAllConnections();
      server.close();
    },
  };
  return product;
}
