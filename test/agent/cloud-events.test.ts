/** CloudEvents, by the clients that people use: OpenMeter's SDK and the CloudEvents SDK. */

import { OpenMeter } from "@openmeter/sdk";
import { CloudEvent, HTTP, emitterFor, httpTransport } from "cloudevents";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, counted } from "./agent.fixture.ts";

const ways = {
  events: [
    { type: "prompt", meter: "tokens", quantity: "tokens" },
    { type: "prompt", meter: "requests", quantity: null },
  ],
  sources: new Map([["chat-app", "product"]]),
};

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld({ ways });
});
afterEach(() => world.end());

const event = {
  type: "prompt",
  id: "e-1",
  source: "chat-app",
  subject: "customer-1",
  time: new Date("2026-01-05T09:59:00Z"),
  data: { tokens: "12.5", model: "large", prompt_length: 3 },
};
const once = ["requests large 1 at 09 h", "tokens 12.5 at 09 h"];

describe("OpenMeter's SDK, pointed at the agent", () => {
  it("counts an event for each meter that it means, once, alone and in a batch", async () => {
    const client = new OpenMeter({ baseUrl: world.agent.url, apiKey: "unused" });
    await client.events.ingest(event);
    await client.events.ingest(event);
    expect(await counted(world.agent)).toEqual(once);
    await client.events.ingest([event, { ...event, id: "e-2" }]);
    expect(await counted(world.agent)).toEqual(["requests large 2 at 09 h", "tokens 25 at 09 h"]);
  });

  it("is told what is wrong with an event, and its others stand", async () => {
    const client = new OpenMeter({ baseUrl: world.agent.url, apiKey: "unused" });
    const batch = [event, { ...event, type: "nothing", id: "e-3" }];
    await expect(client.events.ingest(batch)).rejects.toThrow(/no meter "nothing" is declared/);
    expect(await counted(world.agent)).toEqual(once);
  });

  it("leaves word of its source", async () => {
    const client = new OpenMeter({ baseUrl: world.agent.url, apiKey: "unused" });
    world.clock.pass(5);
    await client.events.ingest(event);
    world.clock.pass(60);
    world.agent.sealNow();
    await world.agent.deliverNow();
    expect(world.collector.reports()[0]?.sources).toEqual([
      { name: "product", heard: [["2026-01-05T10:00:05Z", "2026-01-05T10:00:06Z"]] },
    ]);
  });
});

describe("the CloudEvents SDK", () => {
  const cloudEvent = new CloudEvent({ ...event, time: event.time.toISOString() });

  it("counts in binary mode, which is its default", async () => {
    const emit = emitterFor(httpTransport(`${world.agent.url}/api/v1/events`));
    await emit(cloudEvent);
    expect(await counted(world.agent)).toEqual(once);
  });

  it("counts in structured mode, and the same event in both modes once", async () => {
    const { headers, body } = HTTP.structured(cloudEvent);
    expect(await post(headers, body)).toMatchObject({ status: 204 });
    const binary = HTTP.binary(cloudEvent);
    expect(await post(binary.headers, binary.body)).toMatchObject({ status: 204 });
    expect(await counted(world.agent)).toEqual(once);
  });

  it("counts in structured mode also where the headers repeat the attributes", async () => {
    const { headers, body } = HTTP.structured(cloudEvent);
    const repeated = { ...HTTP.binary(cloudEvent).headers, ...headers };
    expect(await post(repeated, body)).toMatchObject({ status: 204 });
    expect(await counted(world.agent)).toEqual(once);
  });

  it("counts an event without data as one of its type", async () => {
    const bare = new CloudEvent({
      type: "seats",
      id: "e-9",
      source: "chat-app",
      time: event.time.toISOString(),
    });
    const { headers, body } = HTTP.binary(bare);
    expect(await post(headers, body)).toMatchObject({ status: 204 });
    expect(await counted(world.agent)).toEqual(["seats 1 at 09 h"]);
  });

  it("takes whole numbers and truths of its data for labels, as they are written", async () => {
    const dimensions = [{ name: "tier" }, { name: "cached", values: ["true", "false"] }];
    const meters = {
      version: 1,
      meters: [{ name: "calls", unit: "call", aggregation: "sum", dimensions }],
    };
    await world.restart({ meters, ways: {} });
    const data = { tier: 2, cached: true };
    const { headers, body } = HTTP.structured(cloudEvent.cloneWith({ type: "calls", data }));
    expect(await post(headers, body)).toMatchObject({ status: 204 });
    expect(await counted(world.agent)).toEqual(["calls true 2 1 at 09 h"]);
  });
});

describe("an event that is none", () => {
  const structured = { "content-type": "application/cloudevents+json" };
  const good = { specversion: "1.0", id: "1", source: "s", type: "tokens", data: { value: 1 } };

  it.each([
    { given: "of another version", change: { specversion: "0.3" }, code: "cloud_event_version" },
    { given: "without an id", change: { id: undefined }, code: "cloud_event_malformed" },
    { given: "with an empty source", change: { source: "" }, code: "cloud_event_malformed" },
    { given: "whose data is a list", change: { data: [1] }, code: "cloud_event_data" },
    { given: "with an inexact number", change: { data: { value: 0.1 } }, code: "quantity_inexact" },
    { given: "of no meter", change: { type: "other" }, code: "meter_unknown" },
    { given: "from the future", change: { time: "2027-01-01T00:00:00Z" }, code: "time_ahead" },
  ])("$given is refused, and says why", async ({ change, code }) => {
    const answer = await post(structured, JSON.stringify({ ...good, ...change }));
    expect(answer).toMatchObject({ status: 400, json: { code, rejected: [{ index: 0, code }] } });
    expect(await counted(world.agent)).toEqual([]);
  });

  it("in a mode that it does not have is refused", async () => {
    const batch = { "content-type": "application/cloudevents-batch+json" };
    expect(await post(batch, JSON.stringify(good))).toMatchObject({ status: 400 });
    expect(await post(structured, JSON.stringify([good]))).toMatchObject({ status: 400 });
    expect(await post({ "content-type": "text/plain" }, "{}")).toMatchObject({ status: 415 });
  });

  it("without data counts one, and with data in base64 what stands there", async () => {
    await post(structured, JSON.stringify({ ...good, data: undefined }));
    const data_base64 = Buffer.from('{"value":"2.5"}').toString("base64");
    await post(structured, JSON.stringify({ ...good, id: "2", data: undefined, data_base64 }));
    expect(await counted(world.agent)).toEqual(["tokens 3.5 at 10 h"]);
  });
});

async function post(headers: object, body: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${world.agent.url}/api/v1/events`, {
    method: "POST",
    headers: headers as Record<string, string>,
    body: body as string,
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
}
