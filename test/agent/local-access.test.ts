/** Who may send, and how: a retried request, a Unix socket, a token. */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, counted, send } from "./agent.fixture.ts";

let world: AgentWorld;
afterEach(() => world.end());

describe("a request under an idempotency key", () => {
  const events = [
    { meter: "tokens", quantity: "1" },
    { meter: "tokens", quantity: "2" },
  ];

  it("counts once, however often it is sent", async () => {
    world = await agentWorld();
    const key = { "idempotency-key": "run 7" };
    expect((await send(world.agent, events, key)).json).toMatchObject({ accepted: 2 });
    await world.restart();
    expect((await send(world.agent, events, key)).json).toMatchObject({
      accepted: 0,
      duplicates: 2,
    });
    expect(await counted(world.agent)).toEqual(["tokens 3 at 10 h"]);
  });

  it("is another request under another key", async () => {
    world = await agentWorld();
    await send(world.agent, events, { "idempotency-key": "a" });
    await send(world.agent, events, { "idempotency-key": "b" });
    expect(await counted(world.agent)).toEqual(["tokens 6 at 10 h"]);
  });

  it("cannot bring other events under the same key", async () => {
    world = await agentWorld();
    const key = { "idempotency-key": "a" };
    await send(world.agent, { meter: "tokens", quantity: "1" }, key);
    const answer = await send(world.agent, { meter: "tokens", quantity: "5" }, key);
    expect(answer).toMatchObject({ status: 409, json: { code: "id_reused" } });
  });

  it("leaves an event that has an id of its own under that id", async () => {
    world = await agentWorld();
    const event = { meter: "tokens", quantity: "1", id: "own" };
    await send(world.agent, event, { "idempotency-key": "a" });
    expect((await send(world.agent, event)).json).toMatchObject({ duplicates: 1 });
  });

  it.each(["", "x".repeat(201)])("is refused when its key is no key", async (key) => {
    world = await agentWorld();
    const answer = await send(world.agent, events, { "idempotency-key": key });
    expect(answer).toMatchObject({ status: 400, json: { code: "idempotency_key_malformed" } });
  });
});

describe("a Unix socket", () => {
  it("takes usage, under any host name, and belongs to the agent's user and group", async () => {
    world = await agentWorld();
    const path = join(world.folder, "agent.sock");
    await world.restart({ ways: { socket: path } });
    expect(await postOver(path, { meter: "tokens", quantity: "4" })).toBe(204);
    expect(await counted(world.agent)).toEqual(["tokens 4 at 10 h"]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it("is taken over from a process that was killed, and not from one that lives", async () => {
    world = await agentWorld();
    const left = join(world.folder, "left.sock");
    const living = createServer().listen(left);
    await once(living, "listening");
    await world.agent.close();
    await expect(world.restart({ ways: { socket: left } })).rejects.toMatchObject({
      code: "listen_failed",
    });
    living.close();
    await once(living, "close");
    const listenAndDie = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", listenAndDie, left]);
    expect(statSync(left).isSocket()).toBe(true);
    // A file that is no socket is never removed.
    const file = join(world.folder, "file");
    writeFileSync(file, "mine");
    await expect(world.restart({ ways: { socket: file } })).rejects.toMatchObject({
      code: "listen_failed",
    });
    await world.restart({ ways: { socket: left } });
    expect(await postOver(left, { meter: "tokens", quantity: "1" })).toBe(204);
  });
});

describe("a token", () => {
  const token = "a-token-for-tests";

  it.each([
    { given: "none", headers: {} },
    { given: "another", headers: { authorization: "Bearer a-token-for-testx" } },
    { given: "of another scheme", headers: { authorization: `Basic ${token}` } },
  ])("is asked of every request: $given is refused", async ({ headers }) => {
    world = await agentWorld({ ways: { token } });
    const answer = await send(world.agent, { meter: "tokens", quantity: 1 }, headers);
    expect(answer).toMatchObject({ status: 401, json: { code: "token_refused" } });
    expect(JSON.stringify(answer)).not.toContain(token);
  });

  it("lets in who brings it, by whatever name the agent is called", async () => {
    world = await agentWorld({ ways: { token } });
    const headers = { authorization: `Bearer ${token}` };
    expect(await send(world.agent, { meter: "tokens", quantity: 1 }, headers)).toMatchObject({
      status: 204,
    });
    const status = await fetch(`${world.agent.url}/v1/status`);
    expect(status.status).toBe(401);
  });
});

describe("a probe", () => {
  it("needs no token, and tells alive from ready", async () => {
    world = await agentWorld({ ways: { token: "a-token-for-tests" } });
    const statusOf = async (path: string) => (await fetch(`${world.agent.url}${path}`)).status;
    expect([await statusOf("/healthz"), await statusOf("/readyz")]).toEqual([200, 200]);
    await world.agent.retire();
    expect([await statusOf("/healthz"), await statusOf("/readyz")]).toEqual([200, 503]);
  });
});

async function postOver(socketPath: string, event: unknown): Promise<number | undefined> {
  const sent = request({
    socketPath,
    path: "/v1/usage",
    method: "POST",
    headers: { "content-type": "application/json", host: "agent.internal" },
  });
  sent.end(JSON.stringify(event));
  const [response] = (await once(sent, "response")) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}
