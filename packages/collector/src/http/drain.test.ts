import { once } from "node:events";
import { connect } from "node:net";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { drained } from "./drain.ts";

/** A server whose `/slow` is answered when the test says so. */
async function listening(patienceMs?: number) {
  const server = fastify({ forceCloseConnections: "idle" });
  const close = drained(server, patienceMs);
  const begun = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  server.get("/slow", () => {
    begun.resolve();
    return answer.promise;
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    answer.resolve("too late");
    await server.close();
  });
  return { url, close, begun: begun.promise, answer: answer.resolve };
}

/** Resolves when it is open, with a promise of its end. */
async function silentConnection(url: string): Promise<{ ended: Promise<unknown> }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  onTestFinished(() => void socket.destroy());
  return { ended: once(socket, "close") };
}

test("a connection that never asked anything does not hold the server", async () => {
  const { url, close } = await listening();
  const { ended } = await silentConnection(url);
  await close();
  expect(await ended).toEqual([false]);
});

test("what is under way is answered before every connection ends", async () => {
  const { url, close, begun, answer } = await listening();
  const { ended } = await silentConnection(url);
  const slow = fetch(`${url}/slow`).then((response) => response.text());
  await begun;
  const closing = close();
  answer("done");
  expect(await slow).toBe("done");
  await Promise.all([closing, ended]);
});

test("a request that takes longer than the patience is cut off", async () => {
  const { url, close, begun } = await listening(1);
  const slow = fetch(`${url}/slow`).then(
    () => "answered",
    () => "cut off",
  );
  await begun;
  await close();
  expect(await slow).toBe("cut off");
});
