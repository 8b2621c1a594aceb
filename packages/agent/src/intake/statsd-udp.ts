/** StatsD over UDP: a thread receives, this one counts, and the kernel is asked what it dropped. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { listenError } from "./place.ts";
import type { StatsdIntake } from "./statsd.ts";
import type { FromReceiver, ReceiverPlace, ToReceiver } from "./udp-receiver-messages.ts";

/** What the kernel holds for us; it gives at most `net.core.rmem_max`. */
export const receiveBufferBytes = 8 * 1024 * 1024;

/** Beside this file, written or built alike. */
const receiver = new URL(
  import.meta.url.endsWith(".ts") ? "./udp-receiver.ts" : "./udp-receiver.js",
  import.meta.url,
);

/** `onLost`: nothing is received any more, although nobody ended it. Throws `listen_failed`. */
export async function startUdp(
  { host, port }: { host: string; port: number },
  intake: StatsdIntake,
  onLost: (error: Error) => void,
  thread = receiver,
) {
  const workerData: ReceiverPlace = { host, port, bufferBytes: receiveBufferBytes };
  const worker = new Worker(thread, { workerData });
  const exit = new Promise((resolve) => worker.once("exit", resolve));
  const say = (message: ToReceiver): void => {
    worker.postMessage(message);
  };
  const [first] = (await once(worker, "message")) as [FromReceiver];
  if (first.kind !== "listens") {
    const why = first.kind === "failed" ? first : { code: "unknown", message: "it did not listen" };
    throw listenError(`udp:${host}:${port}`, Object.assign(new Error(why.message), why));
  }
  let isEnding = false;
  worker.on("error", onLost);
  void exit.then(() => {
    if (!isEnding) onLost(new Error(`the thread that receives on udp:${host}:${port} has ended`));
  });
  let notKept = 0;
  worker.on("message", (message: FromReceiver) => {
    if (message.kind !== "packets") return;
    notKept = message.dropped;
    intake.packets(message.text, message.packets);
    say({ kind: "taken", packets: message.packets, bytes: message.bytes });
  });
  return {
    address: `udp:${first.address}:${first.port}`,
    dropped: () => {
      const byKernel = kernelDrops(first.port, first.isV6);
      return byKernel === null ? null : byKernel + notKept;
    },
    close: async () => {
      isEnding = true;
      say({ kind: "close" });
      await exit;
    },
  };
}

/** Linux: the last column of `/proc/net/udp`, of our port. */
export function kernelDrops(port: number, isV6: boolean, table?: string): number | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  try {
    const text = table ?? readFileSync(isV6 ? "/proc/net/udp6" : "/proc/net/udp", "utf8");
    const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
    const row = rows.find(([, local]) => local?.endsWith(suffix) === true);
    return row === undefined ? null : Number(row.at(-1));
  } catch {
    return null;
  }
}
