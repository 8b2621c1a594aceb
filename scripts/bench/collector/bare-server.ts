/** The least that a receiver of signed reports has to do: read the body, check its HMAC, answer. It keeps nothing. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { installationName, secretOf } from "./enrolled.ts";

const secrets = new Map(
  Array.from({ length: Number(process.argv[2]) }, (_, index) => [
    `${installationName(index)}.1`,
    secretOf(index),
  ]),
);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const fits = verify(Buffer.concat(chunks), request.headers);
    const answer = fits ? '{"outcome":"accepted"}' : '{"outcome":"refused"}';
    response.writeHead(fits ? 200 : 401, {
      "content-type": "application/json",
      "content-length": answer.length,
    });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on("SIGTERM", () => process.exit(0));

/** The signature covers the digest of the body, so that both are needed to know that the bytes are the key's. */
function verify(body: Buffer, headers: NodeJS.Dict<string | string[]>): boolean {
  const digest = String(headers["content-digest"]);
  if (digest !== `sha-256=:${createHash("sha256").update(body).digest("base64")}:`) return false;
  const input = String(headers["signature-input"]);
  const parameters = /sub=(\([^,]*)/.exec(input)?.[1] ?? "";
  const secret = secrets.get(/keyid="([^"]*)"/.exec(parameters)?.[1] ?? "");
  const given = /sub=:([^:]*):/.exec(String(headers["signature"]))?.[1] ?? "";
  if (secret === undefined) return false;
  const base = `"content-digest": ${digest}\n"@signature-params": ${parameters}`;
  const made = createHmac("sha256", secret).update(base).digest();
  const signature = Buffer.from(given, "base64");
  return signature.length === made.length && timingSafeEqual(signature, made);
}
