import { describe, expect, test } from "vitest";
import { bundleBytesMax, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { bundlesAtOnceMax, openBundles } from "./bundle.ts";
import { type Ingest, refuse } from "./ingest.ts";
import { overloadedProblem } from "./refusals.ts";

const noHeaders = { "content-digest": "", "signature-input": "", signature: "" };

const neverAsked = {
  report: () => Promise.reject(new Error("no line was complete")),
  state: () => Promise.reject(new Error("nobody signed")),
} as unknown as Ingest;

describe("a bundle", () => {
  test("without an end is read no further than its limit", async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    let read = 0;
    async function* endless() {
      for (;;) {
        read += chunk.length;
        yield chunk;
      }
    }
    const answer = await openBundles(neverAsked).receive(endless());
    expect(answer).toMatchObject({ kind: "refused", problem: { status: 413 } });
    expect(read).toBe(bundleBytesMax + chunk.length);
  });

  test("holds one group of its lines at a time, and only so many are read at once", async () => {
    const release = Promise.withResolvers<void>();
    const slow = {
      report: async () => {
        await release.promise;
        return refuse(overloadedProblem());
      },
    } as unknown as Ingest;
    const bundles = openBundles(slow);
    const line = new TextEncoder().encode(
      encodeBundleLine({ body: new Uint8Array(100_000).fill(0x61), headers: noHeaders }),
    );
    let read = 0;
    async function* large() {
      for (let count = 0; count < 70; count += 1) {
        read += 1;
        yield line;
      }
    }
    const all = Array.from({ length: bundlesAtOnceMax + 10 }, () => bundles.receive(large()));
    const groupLines = Math.ceil((1024 * 1024) / line.length);
    const heldBytes = bundlesAtOnceMax * groupLines * (line.length - 1);
    while (bundles.counts.heldBytes < heldBytes) await Promise.resolve();
    expect(bundles.counts).toEqual({
      open: bundlesAtOnceMax,
      turnedAway: 10,
      heldBytes,
    });
    expect(read).toBe(bundlesAtOnceMax * groupLines);
    release.resolve();
    const answers = await Promise.all(all);
    expect(answers.filter(({ kind }) => kind === "answered")).toHaveLength(bundlesAtOnceMax);
    expect(answers.at(-1)).toMatchObject({ kind: "refused", problem: { status: 503 } });
    expect(bundles.counts).toMatchObject({ open: 0, heldBytes: 0 });
  });

  test("of nothing is answered with nothing", async () => {
    async function* nothing() {}
    const answer = await openBundles(neverAsked).receive(nothing());
    expect(answer).toEqual({ kind: "answered", lines: [] });
  });
});
