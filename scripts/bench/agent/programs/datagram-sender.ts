/** Sends StatsD counters over UDP at a steady pace, a datagram each; prints how many it sent. */

import { createSocket } from "node:dgram";

const [port = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const datagrams = Array.from({ length: 20 }, (_, at) =>
  Buffer.from(`tokens:1|c|#direction:${at % 2 === 0 ? "input" : "output"},subject:tenant-${at}`),
);
const everyMs = 2;

const socket = createSocket({ type: "udp4", sendBufferSize: 4 * 1024 * 1024 });
socket.connect(port, "127.0.0.1", () => {
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    // By the clock, not by the ticks; what a late tick owes is made up for at twice the pace, not in one burst.
    const owed = Math.min((performance.now() - started) / 1000, seconds) * perSecond;
    const end = Math.min(owed, sent + (2 * everyMs * perSecond) / 1000);
    for (; sent < end; sent += 1) socket.send(datagrams[sent % datagrams.length] as Buffer);
    if (sent < perSecond * seconds) return;
    clearInterval(timer);
    socket.close(() => process.stdout.write(`${sent}\n`));
  }, everyMs);
});
