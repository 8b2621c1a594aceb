import { expect, test } from "vitest";
import { networkOf, openAttemptsByAddress } from "./attempts-by-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s is counted as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("each network has its own count, for a minute", () => {
  let now = 0;
  const attempts = openAttemptsByAddress(() => now, 2);
  const from = (address: string, more?: number) => attempts(address, more);
  expect([from("192.0.2.1"), from("192.0.2.1"), from("192.0.2.1")]).toEqual([null, null, 60]);
  expect(from("192.0.2.2")).toBeNull();
  expect([from("2001:db8::1", 2), from("2001:db8::2")]).toEqual([null, 60]);
  now = 59_001;
  expect(from("192.0.2.1")).toBe(1);
  now = 60_000;
  expect(from("192.0.2.1")).toBeNull();
});

test("so many addresses are remembered that memory is bounded, and the oldest is forgotten", () => {
  const attempts = openAttemptsByAddress(() => 0, 1);
  attempts("192.0.2.1");
  for (let n = 0; n < 10_000; n += 1) attempts(`198.18.${n >> 8}.${n & 255}`);
  expect(attempts("192.0.2.1")).toBeNull();
});
