/** One repeatable-read transaction for what is decided by what it read; run again when another got there first. */

import type { Database, Queryable } from "../store/database.ts";

const attemptsMax = 5;

/**
 * The snapshot may be older than a lock that was waited for: then a unique key or an update that came too late refuses
 * what was decided on it, and everything is read and decided anew.
 */
export async function inSnapshot<T>(
  database: Database,
  run: (db: Queryable) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(run, { isolation: "repeatable read" });
    } catch (error) {
      if (attempt === attemptsMax || !lostRace(error)) throw error;
    }
  }
}

/** SQLSTATE: serialization failure, deadlock, unique violation. */
function lostRace(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["40001", "40P01", "23505"].includes(code);
}
