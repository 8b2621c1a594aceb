/** `submeter-collector init`: prints the first owner token, once. */

import { createHash } from "node:crypto";
import type { Clock } from "@submeter/shared/time/clock";
import { audit } from "../store/audit.ts";
import type { Database } from "../store/database.ts";
import { insertFirstOwner } from "../store/operator-tokens.ts";

/** Null when there is an owner already: the token that he has is the only one that was ever shown. */
export async function issueFirstToken(o: {
  database: Database;
  clock: Clock;
  random: (length: number) => Uint8Array;
}): Promise<string | null> {
  const token = `sop_${Buffer.from(o.random(32)).toString("base64url")}`;
  const digest = createHash("sha256").update(token).digest();
  const now = o.clock.now();
  const id = Buffer.from(o.random(8)).toString("hex");
  return o.database.transaction(async (transaction) => {
    const made = await insertFirstOwner(transaction, { id, name: "owner", digest }, now);
    if (!made) return null;
    const entry = { at: now, who: "submeter", action: "token.issued", subject: `token:${id}` };
    await audit(transaction, { ...entry, after: { name: "owner", role: "owner" } });
    return token;
  });
}
