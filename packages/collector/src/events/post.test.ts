/** What one post does on a hostile network: one resolution, one address, no redirect, bounded time and size. */

import { describe, expect, test } from "vitest";
import { systemClock } from "../system-clock.ts";
import { postEvent, type PostContext } from "./post.ts";
import { answering, startReceiver } from "./receiver.fixture.ts";

const development = { allowLoopback: true };
const loopback = { address: "127.0.0.1", family: 4 };

function context(change: Partial<PostContext> = {}): PostContext {
  return {
    clock: systemClock,
    rules: development,
    resolve: async () => [loopback],
    timeouts: { connectMs: 1_000, answerMs: 1_500 },
    ...change,
  };
}

const message = { body: "{}", headers: { "webhook-id": "evt_1" } };

describe("posting an event", () => {
  test("goes to the address that the name was resolved to, asked once", async () => {
    const receiver = await startReceiver();
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      return [asked.length === 1 ? loopback : { address: "10.0.0.1", family: 4 }];
    };
    const url = `http://hooks.example.test:${receiver.port}/hook`;
    const outcome = await postEvent(context({ resolve }), { ...message, url });
    expect([outcome.status, asked]).toEqual([204, ["hooks.example.test"]]);
    expect(receiver.received[0]?.headers).toMatchObject({
      host: `hooks.example.test:${receiver.port}`,
      "content-type": "application/json",
      "webhook-id": "evt_1",
    });
  });

  test.each([
    { given: "a private address", addresses: ["10.1.2.3"] },
    { given: "a metadata address", addresses: ["169.254.169.254"] },
    { given: "a mapped one", addresses: ["::ffff:10.0.0.1"] },
    { given: "a public one and a private one", addresses: ["8.8.8.8", "192.168.0.1"] },
    {
      given: "loopback, outside of development",
      addresses: ["127.0.0.1"],
      rules: { allowLoopback: false },
    },
  ])("is refused before anything is connected where the name leads to $given", async (given) => {
    const receiver = await startReceiver();
    const resolve = async () =>
      given.addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const outcome = await postEvent(
      context({ resolve, ...(given.rules && { rules: given.rules }) }),
      {
        ...message,
        url: `https://hooks.example.test:${receiver.port}/`,
      },
    );
    expect(outcome).toMatchObject({ status: null, detail: expect.stringMatching(/^refused: /) });
    expect(receiver.received).toEqual([]);
  });

  test("follows no redirect", async () => {
    const [receiver, elsewhere] = [await startReceiver(), await startReceiver()];
    receiver.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end();
    const outcome = await postEvent(context(), { ...message, url: receiver.url });
    expect([outcome.status, elsewhere.received]).toEqual([307, []]);
  });

  test("does not wait for an answer that never comes", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => {};
    const timeouts = { connectMs: 200, answerMs: 100 };
    const outcome = await postEvent(context({ timeouts }), { ...message, url: receiver.url });
    expect(outcome).toMatchObject({
      status: null,
      detail: expect.stringMatching(/could not be reached/),
    });
  });

  test("reads no more of an endless answer than it keeps, on one printable line", async () => {
    const receiver = await startReceiver();
    receiver.answer = (response) => {
      response.writeHead(500);
      const chunk = Buffer.from("no\u001b[31m\r\n".repeat(2_000));
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    const outcome = await postEvent(context(), { ...message, url: receiver.url });
    expect(outcome.status).toBe(500);
    expect(outcome.detail.length).toBeLessThanOrEqual(512);
    expect(outcome.detail).not.toMatch(/\p{Cc}/u);
  });

  test("says what could not be reached, and does not throw", async () => {
    const receiver = await startReceiver();
    receiver.answer = answering(200);
    const failing = async () => {
      throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    };
    const outcome = await postEvent(context({ resolve: failing }), {
      ...message,
      url: "https://nobody.example.test/",
    });
    expect(outcome).toMatchObject({ status: null, detail: "it could not be reached: ENOTFOUND" });
  });
});
