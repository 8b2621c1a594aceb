/**
 * `/healthz`: the process answers. `/readyz`: it can work, too: its database answers, with the schema that it was written
 * for, and it is not shutting down. Neither needs a token.
 */

import { pendingMigrations } from "../../store/migrate.ts";
import type { Database } from "../../store/database.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Routes } from "../server.ts";

export function healthRoutes(o: { database: Database; isDraining: () => boolean }): Routes {
  return (server) => {
    server.get("/healthz", async () => ({ status: "ok" }));
    server.get("/readyz", async () => {
      if (o.isDraining()) throw draining();
      const pending = await pendingMigrations(o.database);
      if (pending.length > 0) throw migrationsPending(pending);
      return { status: "ready" };
    });
  };
}

/** What a collector that shuts down answers to whatever is new. */
export function draining(): HttpProblem {
  return new HttpProblem(503, "draining", "the collector is shutting down", "use another replica");
}

function migrationsPending(pending: readonly string[]): HttpProblem {
  return new HttpProblem(
    503,
    "migrations_pending",
    `the database lacks ${pending.join(", ")}`,
    "run `submeter-collector migrate`",
  );
}
