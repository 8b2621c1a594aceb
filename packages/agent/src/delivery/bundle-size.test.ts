import { bundleLinesMax } from "@submeter/shared/wire/bundle";
import { expect, it } from "vitest";
import { BundleSize } from "./bundle-size.ts";

function after(size: BundleSize, successes: number, reports = size.most): number {
  for (let at = 0; at < successes; at += 1) {
    size.sent(reports);
    size.passed();
  }
  return size.most;
}

/** As often as it takes on the way to one. */
function refused(size: BundleSize, passing: number): void {
  while (size.most > passing) {
    size.sent(size.most);
    size.halve();
  }
}

it("begins with as many reports as the wire allows, and halves what was sent", () => {
  const size = new BundleSize();
  expect(size.most).toBe(bundleLinesMax);
  size.sent(10);
  expect(size.halve()).toBe(true);
  expect(size.most).toBe(5);
});

it("cannot be less than one report", () => {
  const size = new BundleSize();
  refused(size, 1);
  size.sent(1);
  expect(size.halve()).toBe(false);
  expect(size.most).toBe(1);
});

it("is doubled again after successes, up to what the wire allows", () => {
  const size = new BundleSize();
  refused(size, 1);
  expect(after(size, 7)).toBe(1);
  expect(after(size, 1)).toBe(2);
  for (let doubling = 0; doubling < 12; doubling += 1) after(size, 8);
  expect(size.most).toBe(bundleLinesMax);
  expect(after(size, 100)).toBe(bundleLinesMax);
});

it("is not doubled for bundles that were not full: they prove nothing", () => {
  const size = new BundleSize();
  refused(size, 500);
  expect(after(size, 100, 499)).toBe(500);
});

it("is tried ever more rarely where the way keeps refusing it", () => {
  const size = new BundleSize();
  let wasted = 0;
  for (let bundle = 0; bundle < 10_000; bundle += 1) {
    size.sent(size.most);
    if (size.most <= 62) size.passed();
    else {
      wasted += 1;
      size.halve();
    }
  }
  // Four on the way down, and then one of about a thousand.
  expect(wasted).toBeLessThan(25);
  expect(size.most).toBeLessThanOrEqual(62);
});

it("forgets its patience once a larger size has held", () => {
  const size = new BundleSize();
  for (let failure = 0; failure < 6; failure += 1) {
    refused(size, 500);
    for (let at = 0; size.most === 500; at += 1) after(size, 1);
  }
  expect(size.most).toBe(bundleLinesMax);
  after(size, 2000);
  refused(size, 500);
  expect(after(size, 8)).toBe(bundleLinesMax);
});
