/** Listens for StatsD: UDP, TCP and Unix datagrams. */

import { once } from "node:events";
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { createInterface } from "node:readline";
import { DgramSocket } from "node-unix-socket";
import type { StatsdPlace } from "../ways.ts";
import { listenError, startListening } from "./place.ts";
import type { StatsdIntake } from "./statsd.ts";
import { receiveBufferBytes, startUdp } from "./statsd-udp.ts";

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

/** `onLost`: it listens no more, although nobody ended it. Throws `listen_failed`. */
export async function startStatsd(
  place: StatsdPlace,
  intake: StatsdIntake,
  onLost: (error: Error) => void,
): Promise<StatsdListener> {
  switch (place.kind) {
    case "udp":
      return startUdp(place, intake, onLost);
    case "tcp":
      return startTcp(place, intake);
    case "unix":
      return startUnix(place, intake);
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

/** A web page can make a browser post any text to this port: its lines stand behind this one, and must not be counted. */
const requestLine = /^[A-Z]+ \S+ HTTP\/\d/;

/** A connection that sends no line end is not remembered for ever. */
function readLines(socket: Socket, intake: StatsdIntake): void {
  let sinceLine = 0;
  socket.on("data", (bytes: Buffer) => {
    const end = bytes.lastIndexOf(0x0a);
    sinceLine = end === -1 ? sinceLine + bytes.length : bytes.length - end;
    if (sinceLine <= lineBytesMax) return;
    intake.refuse("line_too_long");
    socket.destroy();
  });
  createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    if (socket.destroyed) return;
    if (!requestLine.test(line)) {
      intake.packet(line);
      return;
    }
    intake.refuse("http_request");
    socket.destroy();
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
    removeSocket(path);
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
      removeSocket(path);
      return Promise.resolve();
    },
  };
}

/** A file that is no socket is somebody's: then binding fails, and says so. */
function removeSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
