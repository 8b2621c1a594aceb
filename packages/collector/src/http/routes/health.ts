/** `/healthz`: the process answers. `/readyz`: it can also reach its database. Neither needs a token. */

import type { Database } from "../../store/database.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Routes } from "../server.ts";

export function healthRoutes(o: { database: Database; isDraining: () => boolean }): Routes {
  return (server) => {
    server.get("/healthz", async () => ({ status: "ok" }));
    server.get("/readyz", async () => {
      if (o.isDraining()) {
        throw new HttpProblem(
          503,
          "draining",
          "the collector is shutting down",
          "use another replica",
        );
      }
      await o.database.query("select 1");
      return { status: "ready" };
    });
  };
}
