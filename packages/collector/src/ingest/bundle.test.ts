import { describe, expect, test } from "vitest";
import { bundleBytesMax } from "@submeter/shared/wire/bundle";
import { receiveBundle } from "./bundle.ts";
import type { Ingest } from "./ingest.ts";

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
    const answer = await receiveBundle(neverAsked, endless());
    expect(answer).toMatchObject({ kind: "refused", problem: { status: 413 } });
    expect(read).toBe(bundleBytesMax + chunk.length);
  });

  test("of nothing is answered with nothing", async () => {
    async function* nothing() {}
    expect(await receiveBundle(neverAsked, nothing())).toEqual({ kind: "answered", lines: [] });
  });
});
