/** The requests of a load, as bytes made before: sent again and again, with new ids written into them where ids must be new. */

import type { EventsOfLoad } from "./load.ts";

const idDigits = 12;
const idMark = "#".repeat(idDigits);
let issued = 0;

/** For one connection, whose request under way is the only user of its bytes. */
export type NextRequest = () => Buffer;

/** Returns what makes a connection's requests. */
export function requestsOf(events: EventsOfLoad): () => NextRequest {
  if (events.withIds) return () => withNewIds(requestOf(events, 0));
  const requests =
    events.perRequest === 1 ? events.sets : Math.ceil(events.sets / events.perRequest);
  const prepared = Array.from({ length: requests }, (_, at) => requestOf(events, at));
  let at = 0;
  return () => () => {
    at = (at + 1) % prepared.length;
    return prepared[at] as Buffer;
  };
}

function requestOf(events: EventsOfLoad, at: number): Buffer {
  const items = Array.from({ length: events.perRequest }, (_, index) =>
    eventOf(events, at * events.perRequest + index),
  );
  const body = JSON.stringify(events.perRequest === 1 ? items[0] : items);
  return Buffer.from(
    "POST /v1/usage HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n" +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function eventOf({ sets, withIds, run }: EventsOfLoad, at: number) {
  return {
    meter: "tokens",
    quantity: String(100 + (at % 900)),
    dimensions: { direction: at % 2 === 0 ? "input" : "output", subject: `tenant-${at % sets}` },
    ...(withIds ? { id: `${run}-${idMark}-${at}` } : {}),
  };
}

/** Every id gets the number of its request, whose digits are written in reverse, so that ids do not come in order. */
function withNewIds(request: Buffer): NextRequest {
  const places: number[] = [];
  for (let at = request.indexOf(idMark); at !== -1; at = request.indexOf(idMark, at + 1)) {
    places.push(at);
  }
  return () => {
    let rest = (issued += 1);
    for (let digit = 0; digit < idDigits; digit += 1) {
      const byte = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
      for (const place of places) request[place + digit] = byte;
    }
    return request;
  };
}
