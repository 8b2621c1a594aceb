/** What commands for whoever runs the machine are given, and how they tell what they did. */

import type { Clock } from "@submeter/shared/time/clock";
import type { Actor } from "../fleet/fleet-context.ts";
import { type Environment, readDatabaseUrl } from "../config.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";
import type { Screen } from "./progress.ts";

export type Surroundings = {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: (length: number) => Uint8Array;
  /** Where progress is drawn. */
  readonly screen: Screen;
};

/** What a command did: for programs, and in words. */
export type Told = { readonly answer: object; readonly text: string };

/** Who stands in the audit log where nobody has shown an operator's token: whoever may start the program. */
export const atTheMachine: Actor = { name: "submeter-collector" };

/** A migrated database for as long as `run` takes. */
export async function withDatabase<T>(
  { environment }: Surroundings,
  run: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(readDatabaseUrl(environment), { connectionsMax: 4 });
  try {
    await migrate(database);
    return await run(database);
  } finally {
    await database.close();
  }
}
