/**
 * What durable intake costs without counting anything: parses the same JSON, appends what arrived together to a file, makes it
 * durable with one fdatasync, and answers 204. Prints its address; ends with SIGTERM.
 */

import { closeSync, fdatasync, openSync, write } from "node:fs";
import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [, , path = ""] = process.argv;
const file = openSync(path, "a");
let waiting: { bytes: Buffer; response: ServerResponse }[] = [];
let isWriting = false;

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    JSON.parse(bytes.toString("utf8"));
    waiting.push({ bytes, response });
    if (waiting.length === 1 && !isWriting) setImmediate(commit);
  });
});

/** While one group becomes durable the next gathers. */
function commit(): void {
  const group = waiting;
  waiting = [];
  isWriting = true;
  const bytes = Buffer.concat(group.map((one) => one.bytes));
  write(file, bytes, (writeError) => {
    if (writeError !== null) throw writeError;
    fdatasync(file, (syncError) => {
      if (syncError !== null) throw syncError;
      isWriting = false;
      for (const { response } of group) response.writeHead(204).end();
      if (waiting.length > 0) commit();
    });
  });
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close();
  closeSync(file);
  process.exit(0);
});
