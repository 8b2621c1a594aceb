import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { BodyRoom, readBody } from "./read-body.ts";

/** A body that comes as the test writes it. */
function coming(room: BodyRoom, bytesMax = 100) {
  const request = new PassThrough();
  const body = readBody(request as unknown as IncomingMessage, bytesMax, room);
  const written = (size: number) =>
    new Promise<void>((resolve) => request.write(Buffer.alloc(size), () => setImmediate(resolve)));
  return { body, written, request };
}

it("bodies on their way share one room: who finds none is told to come again, and the others are read", async () => {
  const room = new BodyRoom(150);
  const [one, other] = [coming(room), coming(room)];
  await one.written(90);
  await other.written(50);
  await other.written(30);
  one.request.end();
  other.request.end();
  expect((await one.body).kind).toBe("body");
  expect((await other.body).kind).toBe("crowded");
  expect(room.take(150)).toBe(true);
});

it.each([
  { given: "was too large", kind: "too_large", size: 101, end: "end" },
  { given: "was broken off", kind: "aborted", size: 99, end: "destroy" },
  { given: "was read", kind: "body", size: 100, end: "end" },
] as const)("a body that $given leaves its room to others", async ({ kind, size, end }) => {
  const room = new BodyRoom(150);
  const { body, written, request } = coming(room);
  await written(60);
  await written(size - 60);
  request[end]();
  expect((await body).kind).toBe(kind);
  expect(room.take(150)).toBe(true);
});
