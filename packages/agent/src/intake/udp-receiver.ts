/**
 * A thread that does nothing but take datagrams from the kernel: while a commit waits for the disk, or requests are answered, the
 * kernel's buffer would run over. It hands the texts on, many at a time.
 */

import { createSocket } from "node:dgram";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { FromReceiver, ReceiverPlace, ToReceiver } from "./udp-receiver-messages.ts";

const gatherMs = 2;
const packetsMax = 2000;
/** Handed on and not taken yet. Beyond it they are dropped here, and counted: memory is bounded. */
const waitingMax = 200_000;

const port = parentPort as MessagePort;
const { host, port: number, bufferBytes } = workerData as ReceiverPlace;

const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
let texts: string[] = [];
let timer: NodeJS.Timeout | null = null;
let waiting = 0;
let dropped = 0;

socket.once("error", (error: NodeJS.ErrnoException) => {
  say({ kind: "failed", code: error.code ?? "unknown", message: error.message });
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
  if (waiting >= waitingMax) {
    dropped += 1;
    return;
  }
  waiting += 1;
  texts.push(bytes.toString("utf8"));
  if (texts.length >= packetsMax) hand();
  else timer ??= setTimeout(hand, gatherMs);
});
port.on("message", (message: ToReceiver) => {
  if (message.kind === "taken") waiting -= message.packets;
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
  if (texts.length > 0)
    say({ kind: "packets", text: texts.join("\n"), packets: texts.length, dropped });
  texts = [];
}

function say(message: FromReceiver): void {
  port.postMessage(message);
}
