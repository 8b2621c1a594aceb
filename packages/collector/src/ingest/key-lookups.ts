/**
 * Keys that this process has not seen yet, looked up together: whatever asks while a statement is under way is in the
 * next one. Whoever guesses keys, at whatever rate, occupies one connection, and a valid key waits for two statements.
 */

import type { Database } from "../store/database.ts";
import { findUsableKeys, type InstallationKeyRow } from "../store/installation-keys.ts";

const keysInStatementMax = 1_000;

type Asked = {
  readonly keyId: string;
  readonly resolve: (row: InstallationKeyRow | null) => void;
  readonly reject: (error: unknown) => void;
};

/** `<installation>.<number>` in, its row or null out. */
export function openKeyLookups(
  database: Pick<Database, "query">,
): (keyId: string) => Promise<InstallationKeyRow | null> {
  let waiting: Asked[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const asked = waiting.slice(0, keysInStatementMax);
      waiting = waiting.slice(keysInStatementMax);
      await answer(database, asked);
    }
    isRunning = false;
  };

  return (keyId) =>
    new Promise((resolve, reject) => {
      waiting.push({ keyId, resolve, reject });
      if (!isRunning) void run();
    });
}

async function answer(database: Pick<Database, "query">, asked: readonly Asked[]): Promise<void> {
  try {
    const names = [...new Set(asked.map(({ keyId }) => keyId))].map((keyId) => {
      const [installation = "", number = ""] = keyId.split(".");
      return { installation, number };
    });
    const rows = new Map(
      (await findUsableKeys(database, names)).map((row) => [
        `${row.installation_id}.${row.number}`,
        row,
      ]),
    );
    for (const { keyId, resolve } of asked) resolve(rows.get(keyId) ?? null);
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
