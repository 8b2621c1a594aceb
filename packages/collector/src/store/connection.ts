/** One connection of its own, for what streams rows in or out of the database. */

import pg from "pg";
import type { Queryable } from "./database.ts";

/** `stream` runs a COPY: what it answers is read from, or written to. */
export type OpenConnection = Queryable & {
  stream<Copy extends pg.Submittable>(copy: Copy): Copy;
};

/** Whatever transaction is open at the end of `run` is rolled back. */
export async function withConnection<T>(
  url: string,
  run: (connection: OpenConnection) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "submeter-collector" });
  client.on("error", () => {});
  await client.connect();
  try {
    return await run({
      query: async <Row>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, [...values])).rows as Row[],
      stream: (copy) => client.query(copy),
    });
  } finally {
    await client.end();
  }
}
