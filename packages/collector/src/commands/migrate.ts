/** `submeter-collector migrate`: brings the database to the newest schema. */

import { openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";

/** The names of the migrations that were applied now. */
export async function migrateDatabase(databaseUrl: string): Promise<{ applied: string[] }> {
  const database = openDatabase(databaseUrl);
  try {
    return await migrate(database);
  } finally {
    await database.close();
  }
}
