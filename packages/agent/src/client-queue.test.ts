import { describe, expect, it } from "vitest";
import { ClientQueue } from "./client-queue.ts";

function queueOf(texts: readonly string[], waitingMax = 10_000): ClientQueue {
  const queue = new ClientQueue("q", waitingMax);
  for (const text of texts) queue.add(text);
  return queue;
}

describe("a client's queue", () => {
  it("makes batches of at most 500 events, each under a key of its own", () => {
    const queue = queueOf(Array.from({ length: 1001 }, String));
    const batches = [queue.next(), queue.next(), queue.next(), queue.next()];
    expect(batches.map((batch) => batch?.texts.length)).toEqual([500, 500, 1, undefined]);
    expect(batches.map((batch) => batch?.key)).toEqual(["q 1", "q 2", "q 3", undefined]);
    expect(queue.isEmpty).toBe(true);
  });

  it("makes batches that the agent can take, however large the events are", () => {
    const queue = queueOf(Array.from({ length: 100 }, () => "x".repeat(60_000)));
    let events = 0;
    for (let batch = queue.next(); batch !== null; batch = queue.next()) {
      events += batch.texts.length;
      expect(batch.texts.join(",").length).toBeLessThanOrEqual(512 * 1024);
    }
    expect(events).toBe(100);
  });

  it("takes neither an event that fits no batch, nor more than its bounds", () => {
    expect(queueOf([]).add("x".repeat(70_000))).toBe("event_too_large");
    expect(queueOf(["1", "2"], 2).add("3")).toBe("queue_full");
    const large = Array.from({ length: 400 }, () => "x".repeat(60_000));
    const queue = queueOf(large);
    expect(queue.add("x".repeat(60_000))).toBe("queue_full");
    expect(queue.abandon()).toBe(Math.floor((16 * 1024 * 1024) / 60_001));
  });

  it("has room again once a batch was taken", () => {
    const queue = queueOf(["1", "2"], 2);
    queue.next();
    expect(queue.add("3")).toBe(null);
  });

  it("halves what was refused as a whole, under new keys and in order, before anything else", () => {
    const queue = queueOf(["1", "2", "3"]);
    const batch = queue.next();
    queue.add("4");
    if (batch !== null) queue.split(batch);
    const taken = [queue.next(), queue.next(), queue.next()];
    expect(taken.map((one) => one?.texts)).toEqual([["1", "2"], ["3"], ["4"]]);
    expect(new Set([batch, ...taken].map((one) => one?.key)).size).toBe(4);
  });
});
