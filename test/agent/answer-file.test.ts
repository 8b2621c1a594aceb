/** Answer files as sticks bring them: cut, damaged, twice. Each line is signed by itself, and counts by itself. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { importReceipts } from "@submeter/agent/commands/air-gap";
import { localAgent } from "@submeter/agent/commands/local-agent";
import type { Exported } from "@submeter/agent/intake/air-gap-routes";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";

let world: AgentWorld;
/** The whole answer to eight reports, with the state behind them. */
let answer: string;
beforeEach(async () => {
  world = await agentWorld({ airGapped: true });
  const roundTrip = async (count: number) => {
    for (let quantity = 1; quantity <= count; quantity += 1) {
      await send(world.agent, { meter: "tokens", quantity });
      world.clock.pass(60);
      world.agent.sealNow();
    }
    const response = await fetch(`${world.agent.url}/v1/export`);
    const { bundle } = (await response.json()) as Exported;
    const answered = await fetch(`${world.collector.url}/ingest`, {
      method: "POST",
      headers: { "content-type": bundleMediaType, "content-encoding": "gzip" },
      body: Buffer.from(bundle, "base64"),
    });
    return answered.text();
  };
  // The first brings the state, so that receipts are believed without another.
  await taken(await roundTrip(1));
  answer = await roundTrip(8);
});
afterEach(() => world.end());

type Taken = { code: number; receipts: number; known: number; cut: boolean; waiting: number };

async function run(json: boolean, file: string | Uint8Array): Promise<[number, string]> {
  const path = join(world.folder, "answers");
  writeFileSync(path, file);
  let out = "";
  const io = {
    out: (text: string) => void (out += text),
    error: () => {},
    isWatched: false,
    isColoured: false,
  };
  const { hostname: host, port } = new URL(world.agent.url);
  const agent = localAgent({ host, port: Number(port) }, null);
  return [await importReceipts(agent, { file: path, json }, io), out];
}

async function taken(file: string | Uint8Array): Promise<Taken> {
  const [code, out] = await run(true, file);
  return { ...(JSON.parse(out) as Taken), code };
}

const lines = (text: string) => text.split("\n").length - 1;

it.each([
  { given: "gzipped", pack: (text: string): Uint8Array => gzipSync(text) },
  { given: "as text", pack: (text: string): Uint8Array => Buffer.from(text) },
])(
  "one that was cut, $given, is taken as far as it goes; the whole one brings the rest",
  async (o) => {
    const whole = o.pack(answer);
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    const isGzip = whole[0] === 0x1f;
    const inflated = isGzip ? gunzipSync(half, { finishFlush: 2 }) : half;
    const complete = lines(Buffer.from(inflated).toString());
    expect(complete).toBeGreaterThan(0);
    expect(complete).toBeLessThan(8);
    expect(await taken(half)).toMatchObject({
      code: 1,
      receipts: complete,
      cut: true,
      waiting: 8 - complete,
    });
    expect(await run(false, half)).toEqual([
      1,
      expect.stringContaining("The file ends early: what is whole in it was taken."),
    ]);
    expect(await taken(whole)).toMatchObject({
      code: 0,
      receipts: 8 - complete,
      known: complete,
      cut: false,
      waiting: 0,
    });
    expect(await taken(whole)).toMatchObject({ code: 0, receipts: 0, known: 8, cut: false });
    expect(world.agent.status().last_receipt).toMatchObject({ sequence: 9, outcome: "accepted" });
  },
);

it("one that is cut behind a line is still known to be cut where its compression says so", async () => {
  const first = answer.slice(0, answer.indexOf("\n") + 1);
  const cut = gzipSync(first);
  expect(await taken(cut.subarray(0, cut.length - 8))).toMatchObject({
    code: 1,
    receipts: 1,
    cut: true,
  });
});

it("one that is damaged is refused whole, with what to do", async () => {
  const damaged = Buffer.from(gzipSync(answer));
  damaged.fill(0xff, 40, 60);
  await expect(taken(damaged)).rejects.toMatchObject({
    code: "answer_damaged",
    hint: expect.stringContaining("copy it again") as unknown,
  });
  expect(world.agent.status().backlog.reports).toBe(8);
});
