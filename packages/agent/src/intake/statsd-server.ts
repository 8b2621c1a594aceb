/** Listens for StatsD: UDP, TCP and Unix datagrams. */

import { once } from "node:events";
import { createSocket } from "node:dgram";
import { chmodSync, readFileSync, unlinkSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { createInterface } from "node:readline";
import { DgramSocket } from "node-unix-socket";
import type { StatsdPlace } from "../ways.ts";
import { listenError, startListening } from "./place.ts";
import type { StatsdIntake } from "./statsd.ts";

/** What the kernel holds for us while a commit runs; it gives at most `net.core.rmem_max`. */
export const receiveBufferBytes = 8 * 1024 * 1024;
const connectionsMax = 1024;
const lineBytesMax = 64 * 1024;
const socketMode = 0o660;

export type StatsdListener = {
  /** `udp:127.0.0.1:8125`, as it listens. */
  readonly address: string;
  /** Datagrams that the kernel dropped because its buffer was full; null where it cannot be told. */
  readonly dropped: () => number | null;
  readonly close: () => Promise<void>;
};

/** Throws `listen_failed`. */
export async function startStatsd(
  place: StatsdPlace,
  intake: StatsdIntake,
): Promise<StatsdListener> {
  switch (place.kind) {
    case "udp":
      return startUdp(place, intake);
    case "tcp":
      return startTcp(place, intake);
    case "unix":
      return startUnix(place, intake);
  }
}

async function startUdp(
  { host, port }: { host: string; port: number },
  intake: StatsdIntake,
): Promise<StatsdListener> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    const listens = once(socket, "listening");
    socket.bind(port, host);
    await listens;
  } catch (error) {
    throw listenError(`udp:${host}:${port}`, error);
  }
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // The kernel's own size stays; what it drops is counted.
  }
  socket.on("message", (bytes) => {
    intake.packet(bytes.toString("utf8"));
  });
  const bound = socket.address();
  return {
    address: `udp:${bound.address}:${bound.port}`,
    dropped: () => kernelDrops(bound.port, bound.family === "IPv6"),
    close: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
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

async function startTcp(
  { host, port }: { host: string; port: number },
  intake: StatsdIntake,
): Promise<StatsdListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    readLines(socket, intake);
  });
  server.maxConnections = connectionsMax;
  await startListening(server, { kind: "tcp", host, port });
  const bound = server.address() as AddressInfo;
  return {
    address: `tcp:${bound.address}:${bound.port}`,
    dropped: () => null,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A connection that sends no line end is not remembered for ever. */
function readLines(socket: Socket, intake: StatsdIntake): void {
  let sinceLine = 0;
  socket.on("data", (bytes: Buffer) => {
    const end = bytes.lastIndexOf(0x0a);
    sinceLine = end === -1 ? sinceLine + bytes.length : bytes.length - end;
    if (sinceLine > lineBytesMax) socket.destroy();
  });
  createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    intake.packet(line);
  });
}

function startUnix({ path }: { path: string }, intake: StatsdIntake): StatsdListener {
  let socket: DgramSocket;
  try {
    socket = new DgramSocket();
    socket.on("data", (bytes: Buffer) => {
      intake.packet(bytes.toString("utf8"));
    });
    // Nobody can be asked whether a datagram socket's file is still in use; the state directory has one agent anyway.
    removeFile(path);
    socket.bind(path);
    chmodSync(path, socketMode);
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch (error) {
    throw listenError(`unix:${path}`, error);
  }
  return {
    address: `unix:${path}`,
    dropped: () => null,
    close: () => {
      socket.close();
      removeFile(path);
      return Promise.resolve();
    },
  };
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
