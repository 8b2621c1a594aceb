/** `submeter-collector init`: prints the first owner token, once. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { newToken } from "../fleet/secret-token.ts";
import { audit } from "../store/audit.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";
import { insertFirstOwner } from "../store/operator-tokens.ts";

export type InitOptions = {
  databaseUrl: string;
  clock: Clock;
  random: (length: number) => Uint8Array;
};

/** Brings the database to the newest schema and answers the token. Throws `already_initialised`. */
export async function init(o: InitOptions): Promise<{ token: string }> {
  const database = openDatabase(o.databaseUrl);
  try {
    await migrate(database);
    const token = await issueFirstToken({ ...o, database });
    if (token !== null) return { token };
    throw new SubmeterError(
      "already_initialised",
      "there is an owner token already, and it was shown once",
      "use it; when it is lost, revoke it in the table operator_tokens (set revoked_at) and run init again",
    );
  } finally {
    await database.close();
  }
}

/** Null when there is an owner already: the token that he has is the only one that was ever shown. */
export async function issueFirstToken(o: {
  database: Database;
  clock: Clock;
  random: (length: number) => Uint8Array;
}): Promise<string | null> {
  const { id, token, digest } = newToken("operator", o.random);
  const now = o.clock.now();
  return o.database.transaction(async (transaction) => {
    const made = await insertFirstOwner(transaction, { id, name: "owner", digest }, now);
    if (!made) return null;
    const entry = { at: now, who: "submeter", action: "token.issued", subject: `token:${id}` };
    await audit(transaction, { ...entry, after: { name: "owner", role: "owner" } });
    return token;
  });
}
