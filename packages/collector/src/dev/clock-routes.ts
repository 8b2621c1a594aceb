/** `POST /dev/clock`: moves the clock of a collector that was started with `--clock`. Owners only. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { AvailabilityLog } from "../fleet/availability.ts";
import { operators } from "../http/api/access.ts";
import type { ApiRoutes } from "../http/api/operation.ts";
import { instantOf, instantText } from "../http/instants.ts";
import { instantShape, shape } from "../http/shapes/shape.ts";
import type { MovableClock } from "./movable-clock.ts";

const body = shape({
  now: instantText,
  /** False: the collector was down meanwhile, and the time is nobody's silence. */
  available: Type.Optional(Type.Boolean()),
  settle: Type.Optional(Type.Boolean()),
});

export function clockRoutes(o: {
  clock: MovableClock;
  availability: AvailabilityLog;
  settle: () => Promise<object>;
}): ApiRoutes {
  return (api) => {
    api.post(
      "/dev/clock",
      {
        summary: "Move the clock",
        tag: "development",
        repeatable: true,
        access: operators("owner"),
        body,
        answer: Type.Object({ now: instantShape }),
      },
      async (request) => {
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
      },
    );
  };
}
