/**
 * `/healthz`: the process answers. `/readyz`: it can work, too: its database answers in time, with the schema that it was
 * written for, and it is not shutting down. Neither needs a token.
 */

import { pendingMigrations } from "../../store/migrate.ts";
import { type Database, openDatabase } from "../../store/database.ts";
import { HttpProblem } from "../http-problem.ts";
import type { Routes } from "../server.ts";

/** Well within what probes wait: a database that hangs is told apart from a collector that does. */
const patienceMsDefault = 2_000;

export function healthRoutes(o: {
  database: Pick<Database, "url">;
  isDraining: () => boolean;
  patienceMs?: number;
}): Routes {
  return (server) => {
    // A connection of its own: probes neither wait for the API's, nor hold any of them while the database hangs.
    const database = openDatabase(o.database.url, {
      connectionsMax: 1,
      patienceMs: o.patienceMs ?? patienceMsDefault,
    });
    server.addHook("onClose", () => database.close());
    server.get("/healthz", async () => ({ status: "ok" }));
    server.get("/readyz", async () => {
      if (o.isDraining()) throw draining();
      const pending = await pendingMigrations(database);
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
