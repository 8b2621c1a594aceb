/** A busy and troubled life, and what stands in the log of it: no key, no token, no value of a dimension, no quantity. */

import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { fakeKey } from "./fake-collector.fixture.ts";

const token = "token-of-nobody-else-7f3a";
const headers = { authorization: `Bearer ${token}` };
/** Values that a product might send by mistake or on purpose; each is found again should it be logged anywhere. */
const values = ["small", "large", "someone@example.com", "subject-4711", "a-value-nobody-declared"];

const lines: string[] = [];
const log = pino(
  { level: "info" },
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString("utf8").trimEnd().split("\n"));
      done();
    },
  }),
);

let world: AgentWorld;
afterEach(() => world.end());

async function post(path: string, body: string, type: string): Promise<void> {
  await fetch(`${world.agent.url}${path}`, {
    method: "POST",
    headers: { ...headers, "content-type": type },
    body,
  });
}

async function eventsOfAllKinds(): Promise<void> {
  for (const value of values) {
    await send(
      world.agent,
      { meter: "requests", quantity: 1, dimensions: { model: value } },
      headers,
    );
    await send(
      world.agent,
      { meter: "sessions", quantity: 1, dimensions: { subject: value } },
      headers,
    );
    await send(world.agent, { meter: "requests", quantity: value, id: value }, headers);
    await send(world.agent, { meter: "requests", quantity: 1, [value]: value }, headers);
    await send(world.agent, `{"meter": "${value}`, headers);
    const event = {
      specversion: "1.0",
      id: value,
      source: value,
      type: value,
      data: { model: value },
    };
    await post("/api/v1/events", JSON.stringify(event), "application/cloudevents+json");
    await post(
      "/v1/metrics",
      `{"resourceMetrics": [{"${value}": "${value}"}]}`,
      "application/json",
    );
  }
}

async function statsd(address: string): Promise<void> {
  const socket = createSocket("udp4");
  const port = Number(address.split(":").at(-1));
  for (const value of values) {
    socket.send(
      `requests:1|c|#model:${value}\n${value}:1|c\nrequests:x|c|#${value}`,
      port,
      "127.0.0.1",
    );
  }
  await once(socket.close(), "close");
}

async function troubledCollector(): Promise<void> {
  const { collector, agent, clock } = world;
  const replies = [
    { status: 401, body: `{"detail":"${values[3]}"}` },
    { status: 503, body: "<html>portal</html>" },
    { status: 302, headers: { location: "https://portal.example.com" } },
    { status: 200, body: `{"outcome":"accepted","x":"${values[4]}"}` },
  ];
  for (const reply of replies) {
    collector.interfere = () => reply;
    agent.sealNow();
    await agent.deliverNow();
    clock.pass(3600);
  }
  collector.interfere = () => undefined;
  await agent.deliverNow();
}

/** The same folder started twice: the second is told that it is not the first. */
async function fork(): Promise<void> {
  const copy = temporaryFolder();
  cpSync(world.folder, copy.path, { recursive: true });
  const twin = await world.start({ folder: copy.path });
  await send(twin, { meter: "requests", quantity: 3, dimensions: { model: "large" } }, headers);
  twin.sealNow();
  await twin.deliverNow();
  await send(
    world.agent,
    { meter: "requests", quantity: 4, dimensions: { model: "small" } },
    headers,
  );
  world.agent.sealNow();
  await world.agent.deliverNow();
  copy.remove();
}

describe("the log at level info", () => {
  it("tells of seals, receipts, troubles and forks, and of nothing that is nobody's business", async () => {
    world = await agentWorld({
      log,
      ways: {
        token,
        statsd: {
          places: [{ kind: "udp", host: "127.0.0.1", port: 0 }],
          sampling: "refuse",
          source: null,
        },
      },
    });
    await eventsOfAllKinds();
    await statsd(world.agent.status().ways.statsd?.listening[0] ?? "");
    await troubledCollector();
    await fork();
    world.collector.decide = () => ({ outcome: "rejected", code: "line_malformed" });
    await eventsOfAllKinds();
    world.agent.sealNow();
    await world.agent.deliverNow();
    chmodSync(join(world.folder), 0o700);
    await world.restart();

    const text = lines.join("\n");
    const messages = new Set(lines.map((line) => (JSON.parse(line) as { msg: string }).msg));
    expect([...messages].toSorted()).toEqual(
      expect.arrayContaining([
        "counting",
        "no receipt: trying again later",
        "report delivered",
        "report rejected: parked, see docs/errors.md",
        "the collector holds another report under our name: counting goes on in a new journal",
      ]),
    );
    const key = fakeKey("acme-prod");
    const secret = key.slice(key.lastIndexOf("_") + 1);
    const secrets = [key, secret, secret.slice(0, 43), token];
    const encoded = secrets.flatMap((one) => [one, Buffer.from(one).toString("base64")]);
    const hex = Buffer.from(secret.slice(0, 43), "base64url").toString("hex");
    const digests = [createHash("sha256").update(token).digest("hex")];
    for (const one of [...encoded, hex, ...digests]) expect(text).not.toContain(one);
    for (const value of values) expect(text).not.toContain(value);
    expect(lines.length).toBeGreaterThan(10);
  });
});
