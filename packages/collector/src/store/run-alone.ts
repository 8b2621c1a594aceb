/** Work that one process at a time does, of all that share the database. */

import { withConnection } from "./connection.ts";

/** PostgreSQL asks after who holds a lock and says nothing: a machine that lost its power is found out in a minute. */
const askAfterMe = `select set_config('tcp_keepalives_idle', '30', false),
  set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)`;

/**
 * Runs `work`, unless another process is at it: then nothing happens. The lock is a connection's, and ends with it,
 * however the process ended. `url` must lead to PostgreSQL itself and to no pooler in transaction mode.
 */
export async function runAlone(
  url: string,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  await withConnection(url, async (connection) => {
    await connection.query(askAfterMe);
    const [lock] = await connection.query<{ ours: boolean }>(
      "select pg_try_advisory_lock(hashtextextended($1, 0)) as ours",
      [`submeter job ${name}`],
    );
    if (lock?.ours === true) await work();
  });
}
