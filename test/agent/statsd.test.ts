/** StatsD by the clients that people use, over UDP, TCP and Unix datagrams. */

import { createSocket } from "node:dgram";
import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { StatsD } from "hot-shots";
import Lynx from "lynx";
import NodeStatsD from "node-statsd";
import { DgramSocket } from "node-unix-socket";
import type { Ways } from "@submeter/agent/ways";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AgentWorld, agentWorld, counted } from "./agent.fixture.ts";

let world: AgentWorld;
afterEach(() => world.end());

const listen = { kind: "udp", host: "127.0.0.1", port: 0 } as const;
const statsd = { places: [listen], sampling: "refuse", source: "product" } as const;

async function worldWith(way: Partial<NonNullable<Ways["statsd"]>> = {}): Promise<number> {
  world = await agentWorld({ ways: { statsd: { ...statsd, ...way } } });
  return Number(statsdStatus().listening[0]?.split(":").at(-1));
}

function statsdStatus() {
  const { statsd: status } = world.agent.status().ways;
  if (status === null) throw new Error("StatsD is not on");
  return status;
}

/** No answer says when a datagram was counted. */
const patient = { timeout: 5000 };

describe("a client of StatsD", () => {
  it("hot-shots counts, with tags, of which only declared ones stay", async () => {
    const port = await worldWith();
    const client = new StatsD({ host: "127.0.0.1", port, globalTags: { env: "prod" } });
    client.increment("requests", 2, { model: "large" });
    client.increment("requests");
    client.increment("tokens", 0.125);
    await expect
      .poll(() => counted(world.agent), patient)
      .toEqual(["requests large 2 at 10 h", "requests small 1 at 10 h", "tokens 0.125 at 10 h"]);
    await new Promise((done) => client.close(done));
  });

  it("hot-shots puts several lines into a packet, and each counts", async () => {
    const port = await worldWith();
    const client = new StatsD({ host: "127.0.0.1", port, maxBufferSize: 1000 });
    for (let n = 0; n < 50; n += 1) client.increment("tokens");
    await new Promise((done) => client.close(done));
    await expect.poll(() => counted(world.agent), patient).toEqual(["tokens 50 at 10 h"]);
    expect(statsdStatus().packets).toBeLessThan(5);
  });

  it("hot-shots over TCP counts too", async () => {
    const port = await worldWith({ places: [{ ...listen, kind: "tcp" }] });
    const client = new StatsD({ host: "127.0.0.1", port, protocol: "tcp" });
    client.increment("tokens", 3);
    await expect.poll(() => counted(world.agent), patient).toEqual(["tokens 3 at 10 h"]);
    await new Promise((done) => client.close(done));
  });

  it("node-statsd and lynx count", async () => {
    const port = await worldWith();
    const first = new NodeStatsD({ host: "127.0.0.1", port });
    first.increment("tokens", 5);
    const second = new Lynx("127.0.0.1", port);
    second.count("tokens", 7);
    await expect.poll(() => counted(world.agent), patient).toEqual(["tokens 12 at 10 h"]);
    first.close();
    second.close();
  });

  it("over a Unix datagram socket counts", async () => {
    world = await agentWorld();
    const path = join(world.folder, "statsd.sock");
    await world.restart({ ways: { statsd: { ...statsd, places: [{ kind: "unix", path }] } } });
    const client = new DgramSocket();
    const lines = Buffer.from("tokens:1|c\nrequests:2|c|#model:large\n");
    client.sendTo(lines, 0, lines.length, path, () => {});
    await expect
      .poll(() => counted(world.agent), patient)
      .toEqual(["requests large 2 at 10 h", "tokens 1 at 10 h"]);
    client.close();
  });
});

it("StatsD never takes the place of a file that is no socket", async () => {
  world = await agentWorld();
  const path = join(world.folder, "mine");
  writeFileSync(path, "mine");
  await expect(
    world.restart({ ways: { statsd: { ...statsd, places: [{ kind: "unix", path }] } } }),
  ).rejects.toMatchObject({ code: "listen_failed" });
  expect(readFileSync(path, "utf8")).toBe("mine");
});

it("StatsD over TCP counts nothing that a web page makes a browser post to it", async () => {
  const port = await worldWith({ places: [{ ...listen, kind: "tcp" }] });
  await expect(
    fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "\ntokens:1000000|c\ntokens:1000000|c\n",
    }),
  ).rejects.toThrow();
  await vi.waitFor(() => expect(statsdStatus().bad).toEqual({ http_request: 1 }));
  expect(await counted(world.agent)).toEqual([]);
});

describe("a sampled counter", () => {
  const sampled = "tokens:1|c|@0.25\n";

  it("is refused, and counted as refused, unless scaling is asked for", async () => {
    await sendTo(await worldWith(), sampled);
    await vi.waitFor(() => expect(statsdStatus().bad).toEqual({ sampled: 1 }));
    expect(await counted(world.agent)).toEqual([]);
  });

  it("is scaled by its rate when that is configured", async () => {
    await sendTo(await worldWith({ sampling: "scale" }), sampled);
    await expect.poll(() => counted(world.agent), patient).toEqual(["tokens 4 at 10 h"]);
  });
});

describe("lines of StatsD that cannot be counted", () => {
  it("are told apart, and the others of their packet count", async () => {
    const port = await worldWith();
    await sendTo(
      port,
      "nonsense\ntokens:1|c\nstray:1|c\ntokens:1|ms\ntokens:-1|c\ntokens:1|g\nrequests:0.5|c\n",
    );
    await expect.poll(() => counted(world.agent), patient).toEqual(["tokens 1 at 10 h"]);
    expect(statsdStatus()).toMatchObject({
      packets: 1,
      counted: 1,
      bad: {
        malformed: 1,
        meter_unknown: 1,
        type_not_counted: 2,
        negative: 1,
        quantity_scale_exceeded: 1,
      },
      not_durable: 0,
      dropped: 0,
    });
  });

  it("of a gauge count for a meter of which the hour's greatest counts", async () => {
    const port = await worldWith();
    await sendTo(port, "seats:7|g\nseats:9|g\nseats:8|g\n");
    await expect.poll(() => counted(world.agent), patient).toEqual(["seats 9 at 10 h"]);
  });

  it("end a connection that sends no line at all", async () => {
    const port = await worldWith({ places: [{ ...listen, kind: "tcp" }] });
    const socket = createConnection(port, "127.0.0.1");
    // A reset of the connection is as good an end as any.
    const ended = Promise.withResolvers<void>();
    socket.on("error", () => {});
    socket.on("close", () => ended.resolve());
    socket.write("x".repeat(200_000));
    await ended.promise;
    expect(await counted(world.agent)).toEqual([]);
    expect(statsdStatus().bad).toEqual({ line_too_long: 1 });
  });
});

it("StatsD leaves word of its source, and what came before the end is counted", async () => {
  const port = await worldWith();
  await sendTo(port, "tokens:1|c\n");
  await vi.waitFor(() => expect(statsdStatus().packets).toBe(1));
  await world.restart();
  expect(await counted(world.agent)).toEqual(["tokens 1 at 10 h"]);
  world.clock.pass(60);
  world.agent.sealNow();
  await world.agent.deliverNow();
  expect(world.collector.reports()[0]?.sources[0]?.heard).toHaveLength(1);
});

async function sendTo(port: number, text: string): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.send(text, port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error)));
  });
  socket.close();
}
