/** SIGTERM, seen from outside: what is under way is answered, nothing new is taken, the process ends by itself. */

import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startProgram } from "../programs.fixture.ts";
import type { Ready } from "./running.fixture.ts";

test("a write that is half sent when SIGTERM comes is answered; whoever comes later is not let in", async () => {
  const program = startProgram("collector", ["run", "--dev", "--port", "0"]);
  const { url, token } = JSON.parse(await program.line(/^\{"url"/)) as Ready;
  const port = Number(new URL(url).port);
  const body = JSON.stringify({ id: "acme", name: "Acme" });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  await once(socket, "connect");
  // The first half brings an interim answer: from then on the request is under way.
  const head = [
    "POST /api/v1/customers HTTP/1.1",
    "host: x",
    `authorization: Bearer ${token}`,
    "content-type: application/json",
    "expect: 100-continue",
    `content-length: ${body.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await once(socket, "data");
  expect(answer).toMatch(/^HTTP\/1.1 100 /);
  socket.write(body.slice(0, 5));

  program.process.kill("SIGTERM");
  await program.line(/"draining"/);
  const refused = await fetch(`${url}/api/v1/customers`).then(
    ({ status }) => status,
    () => "nobody listens",
  );
  expect([503, "nobody listens"]).toContain(refused);

  socket.write(body.slice(5));
  const { code } = await program.ended;
  expect(answer).toMatch(/HTTP\/1.1 201 /);
  expect(answer).toContain('"id":"acme"');
  expect(code).toBe(0);
});
