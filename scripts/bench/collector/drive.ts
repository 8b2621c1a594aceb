/**
 * The load: connections that each send a request, wait for its answer and send the next. Requests are whole before
 * measuring and answers are only skimmed, so that the generator leaves the two cores to what is measured.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";

export type Driven = {
  answered: number;
  seconds: number;
  /** How many answers had each status. */
  statuses: Map<number, number>;
};

/** Takes from `requests` until it is empty or `secondsMax` are over; each connection finishes what it began. */
export async function drive(o: {
  port: number;
  connections: number;
  requests: Iterator<Buffer>;
  secondsMax: number;
}): Promise<Driven> {
  const sockets = await Promise.all(
    Array.from({ length: o.connections }, async () => {
      const socket = connect({ port: o.port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      return socket;
    }),
  );
  const statuses = new Map<number, number>();
  const started = performance.now();
  const until = started + o.secondsMax * 1000;
  const next = (): Buffer | null => {
    if (performance.now() >= until) return null;
    const { value, done } = o.requests.next();
    return done === true ? null : value;
  };
  await Promise.all(sockets.map((socket) => converse(socket, next, statuses)));
  const seconds = (performance.now() - started) / 1000;
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  return { answered, seconds, statuses };
}

async function converse(
  socket: Socket,
  next: () => Buffer | null,
  statuses: Map<number, number>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const send = (): void => {
    const request = next();
    if (request === null) {
      socket.destroy();
      resolve();
    } else socket.write(request);
  };
  let rest: Buffer | null = null;
  socket.on("data", (chunk: Buffer) => {
    const bytes: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    const status = statusOfWhole(bytes);
    if (status === null) {
      rest = bytes;
      return;
    }
    rest = null;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    send();
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("the server closed a connection")));
  send();
  await promise;
}

/** The status once the answer is there in full; null before. */
function statusOfWhole(bytes: Buffer): number | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const head = bytes.toString("latin1", 0, headEnd);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`);
  if (bytes.length < headEnd + 4 + Number(length)) return null;
  return Number(head.slice(9, 12));
}
