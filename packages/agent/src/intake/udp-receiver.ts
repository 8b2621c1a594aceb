/**
 * A thread that does nothing but take datagrams from the kernel: while a commit waits for the disk, or requests are answered, the
 * kernel's buffer would run over. It hands the texts on, many at a time.
 */

import { createSocket } from "node:dgram";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { FromReceiver, ReceiverPlace, ToReceiver } from "./udp-receiver-messages.ts";
import { WaitingPackets } from "./waiting-packets.ts";

const gatherMs = 2;
const packetsMax = 2000;

const port = parentPort as MessagePort;
const { host, port: number, bufferBytes } = workerData as ReceiverPlace;

const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
const waiting = new WaitingPackets();
let timer: NodeJS.Timeout | null = null;

socket.on("error", (error: NodeJS.ErrnoException) => {
  say({ kind: "failed", code: error.code ?? "unknown", message: error.message });
  // With nothing left to do the thread ends, and whoever started it hears of that.
  socket.close();
  port.close();
});
socket.bind(number, host, () => {
  try {
    socket.setRecvBufferSize(bufferBytes);
  } catch {
    // The kernel's own size stays; what it drops is counted.
  }
  const { address, family, port: bound } = socket.address();
  say({ kind: "listens", address, isV6: family === "IPv6", port: bound });
});
socket.on("message", (bytes) => {
  waiting.receive(bytes);
  if (waiting.gathered >= packetsMax) hand();
  else timer ??= setTimeout(hand, gatherMs);
});
port.on("message", (message: ToReceiver) => {
  if (message.kind === "taken") waiting.taken(message);
  else {
    hand();
    socket.close(() => {
      port.close();
    });
  }
});

function hand(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const handed = waiting.hand();
  if (handed !== null) say({ kind: "packets", ...handed, dropped: waiting.dropped });
}

function say(message: FromReceiver): void {
  port.postMessage(message);
}
