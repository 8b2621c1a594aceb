/** A thread that receives for the agent, and what the agent hears when it is gone. */

import { expect, it } from "vitest";
import type { StatsdIntake } from "./statsd.ts";
import { startUdp } from "./statsd-udp.ts";

const place = { host: "127.0.0.1", port: 0 };

function thread(after: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads";
      parentPort.postMessage({ kind: "listens", address: "127.0.0.1", isV6: false, port: 9 });
      parentPort.postMessage({ kind: "packets", text: "", packets: 1, bytes: 0, dropped: 0 });
      parentPort.on("message", ({ kind }) => { ${after} });
    `)}`,
  );
}

function lostWith(after: string) {
  const lost = Promise.withResolvers<Error>();
  const errors: Error[] = [];
  const listener = startUdp(
    place,
    { packets: () => {} } as unknown as StatsdIntake,
    (error) => {
      errors.push(error);
      lost.resolve(error);
    },
    thread(after),
  );
  return { listener, lost: lost.promise, errors };
}

it("that fails or ends by itself is told, and nothing is thrown into the agent", async () => {
  for (const [after, message] of [
    ["throw new Error('the socket failed')", "the socket failed"],
    ["process.exit(0)", "the thread that receives on udp:127.0.0.1:0 has ended"],
  ] as const) {
    const { listener, lost } = lostWith(`if (kind === "taken") ${after}`);
    await listener;
    expect((await lost).message).toBe(message);
  }
});

it("that was ended is not lost", async () => {
  const { listener, errors } = lostWith("if (kind === 'close') process.exit(0)");
  await (await listener).close();
  expect(errors).toEqual([]);
});
