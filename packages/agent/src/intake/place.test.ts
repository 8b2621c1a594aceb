import { createServer } from "node:net";
import { expect, it } from "vitest";
import { startListening } from "./place.ts";

it("a connection that cannot be accepted does not end the agent", async () => {
  const server = createServer();
  await startListening(server, { kind: "tcp", host: "127.0.0.1", port: 0 });
  expect(() => server.emit("error", new Error("accept EMFILE"))).not.toThrow();
  server.close();
});

it("a place that is taken is told", async () => {
  const server = createServer();
  const port = await startListening(server, { kind: "tcp", host: "127.0.0.1", port: 0 });
  await expect(
    startListening(createServer(), { kind: "tcp", host: "127.0.0.1", port: port ?? 0 }),
  ).rejects.toMatchObject({ code: "listen_failed" });
  server.close();
});
