/**
 * Keeps a number of connections busy with requests, one under way on each, for some seconds, and prints what came of it.
 * It shares the machine with what it measures, so it does as little as it can: sockets, requests made before, no objects.
 */

import { createConnection } from "node:net";
import type { Load, Loaded } from "../load.ts";
import { requestsOf } from "../requests.ts";

const load = JSON.parse(process.argv[2] ?? "") as Load;
const latencySlots = 200_000;
const slotMicroseconds = 10;

const connection = requestsOf(load.events);
const latencies = new Uint32Array(latencySlots);
const statuses = new Map<number, number>();
let requests = 0;
let isCounting = false;
let isOver = false;
let open = 0;

for (let index = 0; index < load.connections; index += 1) connect();

setTimeout(() => {
  isCounting = true;
  const started = process.hrtime.bigint();
  setTimeout(() => {
    isCounting = false;
    isOver = true;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const loaded: Loaded = {
      requestsPerSecond: requests / seconds,
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
      statuses: Object.fromEntries(statuses),
    };
    process.stdout.write(`${JSON.stringify(loaded)}\n`);
  }, load.seconds * 1000);
}, load.warmUpSeconds * 1000);

function connect(): void {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  const next = connection();
  let begun = 0;
  /** Of the answer under way: bytes that are still to come; -1 while its head is not whole. */
  let head = "";
  let missing = -1;
  open += 1;
  const socket = createConnection({
    port: load.port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback(size, bytes) {
        take(Buffer.from((bytes as Buffer).buffer, (bytes as Buffer).byteOffset, size));
        return true;
      },
    },
  });
  socket.on("connect", send);
  socket.on("error", (error) => {
    if (isOver) return;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  socket.on("close", () => {
    open -= 1;
    if (!isOver) connect();
    else if (open === 0) process.exit(0);
  });

  function send(): void {
    if (isOver) {
      socket.destroy();
      return;
    }
    begun = performance.now();
    socket.write(next());
  }

  function take(bytes: Buffer): void {
    if (missing === -1) {
      head += bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      missing = bodyLength(head) - (head.length - end - 4);
    } else missing -= bytes.length;
    if (missing > 0) return;
    answered(head);
    head = "";
    missing = -1;
    send();
  }

  function answered(text: string): void {
    const status = Number(text.slice(9, 12));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (!isCounting) return;
    requests += 1;
    const slot = Math.floor(((performance.now() - begun) * 1000) / slotMicroseconds);
    latencies[Math.min(slot, latencySlots - 1)]! += 1;
  }
}

function bodyLength(head: string): number {
  if (head.startsWith("204", 9)) return 0;
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
}

function percentile(share: number): number {
  let left = Math.ceil(requests * share);
  const slot = latencies.findIndex((count) => (left -= count) <= 0);
  return (Math.max(slot, 0) * slotMicroseconds) / 1000;
}
