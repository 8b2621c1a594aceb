import { expect, it } from "vitest";
import { WaitingPackets, bytesWaitingMax, packetsWaitingMax } from "./waiting-packets.ts";

it("hands on what came, line by line, once", () => {
  const waiting = new WaitingPackets();
  for (const text of ["a:1|c", "b:2|c\nc:3|c"]) waiting.receive(Buffer.from(text));
  expect(waiting.gathered).toBe(2);
  expect(waiting.hand()).toEqual({ text: "a:1|c\nb:2|c\nc:3|c", packets: 2, bytes: 16 });
  expect(waiting.hand()).toBeNull();
});

it.each([
  { given: "as many", size: 1, most: packetsWaitingMax },
  { given: "as large", size: 64 * 1024, most: bytesWaitingMax / (64 * 1024) },
])("drops and counts what comes while $given wait as may, handed on or not", ({ size, most }) => {
  const waiting = new WaitingPackets();
  const packet = Buffer.alloc(size, "x");
  const receive = (packets: number) => {
    for (let at = 0; at < packets; at += 1) waiting.receive(packet);
  };
  receive(10);
  const handed = waiting.hand();
  receive(most);
  expect(waiting.dropped).toBe(10);
  waiting.taken(handed ?? { packets: 0, bytes: 0 });
  receive(11);
  expect(waiting.dropped).toBe(11);
  expect(waiting.gathered).toBe(most);
});
