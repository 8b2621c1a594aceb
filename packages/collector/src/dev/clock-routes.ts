/** `POST /dev/clock`: moves the clock of a collector that was started with `--clock`. Owners only. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { AvailabilityLog } from "../fleet/availability.ts";
import { instantOf, instantText } from "../http/instants.ts";
import { ownerOnly } from "../http/operators.ts";
import type { Routes } from "../http/server.ts";
import type { MovableClock } from "./movable-clock.ts";

const body = Type.Object(
  {
    now: instantText,
    /** False: the collector was down meanwhile, and the time is nobody's silence. */
    available: Type.Optional(Type.Boolean()),
    settle: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export function clockRoutes(o: {
  clock: MovableClock;
  availability: AvailabilityLog;
  settle: () => Promise<object>;
}): Routes {
  return (server) => {
    server.post("/dev/clock", { schema: { body }, config: ownerOnly }, async (request) => {
      const { available = true, settle = false } = request.body;
      const now = instantOf(request.body.now, "now");
      await o.availability.tick();
      o.clock.moveTo(now);
      if (available) {
        await o.availability.bridge();
      } else {
        o.availability.interrupt();
        await o.availability.tick();
      }
      const done = settle ? await o.settle() : {};
      return { now: formatInstant(o.clock.now()), ...done };
    });
  };
}
