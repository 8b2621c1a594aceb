/** `POST /v1/hold` with what to do: `{"action": "on" | "off" | "release"}`; and how it stands is in the status. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { type HoldAction, changeHold } from "../journal/hold.ts";
import type { Journal } from "../journal/journal.ts";
import type { Flush } from "./flushed.ts";
import { type Routes, askingRoute } from "./route.ts";

type HoldParts = {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Delivers what may leave, without sealing. */
  readonly deliver: () => Promise<Flush>;
};

export function holdRoutes({ journal, clock, deliver }: HoldParts): Routes {
  return {
    "/v1/hold": askingRoute(readAction, (action) => {
      changeHold(journal, action, clock.now());
      return deliver();
    }),
  };
}

function readAction(json: unknown): HoldAction {
  const { action } = Object(json) as { action?: unknown };
  if (action === "on" || action === "off" || action === "release") return action;
  throw new SubmeterError(
    "hold_malformed",
    "what is held back is switched on, off or released",
    'send {"action":"on"}, "off" or "release"',
  );
}
