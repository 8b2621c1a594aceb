import { describe, expect, test } from "vitest";
import { bundleBytesMax, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { bundleBytesHeldMax, groupsAtOnceMax, openBundles } from "./bundle.ts";
import {
  bundlesAtOnceMax,
  bundlesOfInstallationMax,
  unprovenOfAddressMax,
} from "./bundle-places.ts";
import type { Ingest } from "./ingest.ts";

const noHeaders = { "content-digest": "", "signature-input": "", signature: "" };

const neverAsked = {
  report: () => Promise.reject(new Error("no line was complete")),
  state: () => Promise.reject(new Error("nobody signed")),
} as unknown as Ingest;

/** A line that says in its body whose it is. */
function lineOf(installation: string, bytes: number): Uint8Array {
  const body = new TextEncoder().encode(installation.padEnd(bytes));
  return new TextEncoder().encode(encodeBundleLine({ body, headers: noHeaders }));
}

/** Verifies and answers the first line of each installation at once; the others once `over` is. */
function answeringFirstLines(over: Promise<void>): Ingest {
  const seen = new Set<string>();
  const answer = { status: 200, headers: {}, body: new Uint8Array(), stateRevision: null };
  return {
    report: async ({ body }: { body: Uint8Array }) => {
      const installation = new TextDecoder().decode(body).trim();
      if (seen.has(installation) && installation.startsWith("site")) await over;
      seen.add(installation);
      return { ...answer, signer: { installation } };
    },
    state: async () => answer,
  } as unknown as Ingest;
}

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
    const answer = await openBundles(neverAsked).receive(endless(), "192.0.2.1");
    expect(answer).toMatchObject({ kind: "refused", problem: { status: 413 } });
    expect(read).toBe(bundleBytesMax + chunk.length);
  });

  test("holds one group of its lines at a time; only so many are read at once, and fewer recorded", async () => {
    const release = Promise.withResolvers<void>();
    const first = answeringFirstLines(release.promise);
    let asked = 0;
    const report: Ingest["report"] = (signed) => {
      asked += 1;
      return first.report(signed);
    };
    const bundles = openBundles({ ...first, report });
    let read = 0;
    async function* large(installation: string) {
      const line = lineOf(installation, 100_000);
      for (let count = 0; count < 70; count += 1) {
        read += 1;
        yield line;
      }
    }
    const all = Array.from({ length: bundlesAtOnceMax + 10 }, (_, index) =>
      bundles.receive(large(`site-${index}`), `192.0.2.${index}`),
    );
    const lineBytes = lineOf("site-00", 100_000).length;
    const groupLines = Math.ceil((256 * 1024) / lineBytes);
    while (read < bundlesAtOnceMax * (1 + groupLines)) await Promise.resolve();
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(read).toBe(bundlesAtOnceMax * (1 + groupLines));
    expect(asked).toBe(bundlesAtOnceMax + groupsAtOnceMax * groupLines);
    expect(bundles.counts).toMatchObject({ open: bundlesAtOnceMax, turnedAway: 10 });
    const ofOne = bundles.counts.heldBytes / bundlesAtOnceMax;
    expect(ofOne).toBeGreaterThan((groupLines - 1) * lineBytes);
    expect(ofOne).toBeLessThan((groupLines + 1) * lineBytes);
    release.resolve();
    const answers = await Promise.all(all);
    expect(answers.filter(({ kind }) => kind === "answered")).toHaveLength(bundlesAtOnceMax);
    expect(answers.at(-1)).toMatchObject({ kind: "refused", problem: { status: 503 } });
    expect(bundles.counts).toMatchObject({ open: 0, heldBytes: 0 });
  });

  test("of an installation or address that floods takes no place of the others", async () => {
    const over = Promise.withResolvers<void>();
    const bundles = openBundles(answeringFirstLines(over.promise));
    /** Sends its first line and then nothing for a long time. */
    async function* slow(installation: string | null) {
      if (installation !== null) yield lineOf(installation, 100);
      await over.promise;
    }
    async function* quick(installation: string) {
      yield lineOf(installation, 100);
    }
    const flood = [
      ...Array.from({ length: 20 }, (_, index) =>
        bundles.receive(slow("flood"), `198.51.100.${index}`),
      ),
      ...Array.from({ length: 20 }, () => bundles.receive(slow(null), "203.0.113.1")),
    ];
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect(bundles.counts.open).toBe(bundlesOfInstallationMax + unprovenOfAddressMax);
    // From the flood's own address, too, once one of its bundles is known to be somebody's.
    const others = await Promise.all([
      bundles.receive(quick("acme"), "192.0.2.1"),
      bundles.receive(quick("globex"), "198.51.100.1"),
    ]);
    expect(others.map(({ kind }) => kind)).toEqual(["answered", "answered"]);
    over.resolve();
    const told = (await Promise.all(flood)).flatMap((answer) =>
      answer.kind === "refused" ? [answer.problem.code] : [],
    );
    expect(told).toHaveLength(40 - bundlesOfInstallationMax - unprovenOfAddressMax);
    expect(new Set(told)).toEqual(new Set(["share_full"]));
    expect(bundles.counts).toMatchObject({ open: 0, heldBytes: 0 });
  });

  test("is not begun while the answers of others hold all the memory there is for bundles", async () => {
    const body = new Uint8Array(1024 * 1024).fill(0x61);
    const answer = { status: 200, headers: {}, body, signer: { installation: "acme" } };
    const report = async () => answer;
    const bundles = openBundles({ report, state: async () => null } as unknown as Ingest);
    const last = Promise.withResolvers<void>();
    async function* hundred() {
      for (let count = 0; count < 101; count += 1) yield lineOf("acme", 100);
      await last.promise;
    }
    const first = bundles.receive(hundred(), "192.0.2.1");
    while (bundles.counts.heldBytes < bundleBytesHeldMax) await Promise.resolve();
    const second = await bundles.receive(hundred(), "192.0.2.2");
    expect(second).toMatchObject({ kind: "refused", problem: { status: 503 } });
    last.resolve();
    expect(await first).toMatchObject({ kind: "answered" });
    expect(await bundles.receive(hundred(), "192.0.2.2")).toMatchObject({ kind: "answered" });
  });

  test("of nothing is answered with nothing", async () => {
    async function* nothing() {}
    const answer = await openBundles(neverAsked).receive(nothing(), "192.0.2.1");
    expect(answer).toEqual({ kind: "answered", lines: [], ofNobody: 0 });
  });
});
