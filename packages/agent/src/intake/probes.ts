/** `GET /healthz` and `/readyz`: for what watches over processes. Alive is not ready: a full disk is no reason to restart. */

import type { GroupCommit } from "../counting/group-commit.ts";
import { refusalAnswer } from "./answer.ts";
import { type Routes, jsonOnly } from "./route.ts";

export function probeRoutes(groupCommit: GroupCommit): Routes {
  const probe = { method: "GET", mediaTypes: jsonOnly, gzip: false, isProbe: true } as const;
  return {
    "/healthz": { ...probe, run: () => ({ status: 200, json: { status: "alive" } }) },
    "/readyz": {
      ...probe,
      run: () => {
        const { refusing } = groupCommit;
        return refusing === null
          ? { status: 200, json: { status: "counting" } }
          : refusalAnswer(refusing);
      },
    },
  };
}
