/** A fleet of any size, enrolled by a few statements: what thousands of `installations add` would leave behind. */

import { createHash } from "node:crypto";
import { sealSecret } from "@submeter/collector/fleet/sealed-secrets";
import type { Database } from "@submeter/collector/store/database";

/** Obviously no secret. */
export const benchMasterKey = { version: 1, bytes: new Uint8Array(32).fill(0x5a) };

export function installationName(index: number): string {
  return `site-${String(index).padStart(6, "0")}`;
}

/** The HMAC secret of its key 1, the same in each run. */
export function secretOf(index: number): Uint8Array {
  return sha256(`secret ${index}`);
}

/** One customer for every ten installations, or as many as `ofCustomer` says. */
export async function enrol(
  database: Database,
  o: { first: number; count: number; enrolledAt: number; ofCustomer?: number },
): Promise<void> {
  const { ofCustomer = 10 } = o;
  const indexes = Array.from({ length: o.count }, (_, index) => o.first + index);
  const ids = indexes.map(installationName);
  const customers = indexes.map((index) => `customer-${Math.floor(index / ofCustomer)}`);
  const sealed = indexes.map((index) => {
    const id = installationName(index);
    const purpose = ["installation-key", id, `${id}.1`];
    const nonce = sha256(`nonce ${index}`).subarray(0, 12);
    return sealSecret(benchMasterKey, purpose, secretOf(index), nonce);
  });
  await database.transaction(async (transaction) => {
    await transaction.query(
      `insert into customers (id, name, created_at)
       select distinct c, c, to_timestamp($2) from unnest($1::text[]) c on conflict do nothing`,
      [customers, o.enrolledAt],
    );
    await transaction.query(
      `insert into installations (id, enrolled_at, subject_routing, created_at)
       select i, to_timestamp($2), false, to_timestamp($2) from unnest($1::text[]) i`,
      [ids, o.enrolledAt],
    );
    await transaction.query(
      `insert into assignments (installation_id, customer_id, from_at)
       select i, c, to_timestamp($3) from unnest($1::text[], $2::text[]) t (i, c)`,
      [ids, customers, o.enrolledAt],
    );
    await transaction.query(
      `insert into installation_keys (installation_id, number, sealed, master_key_version, state, created_at,
         state_changed_at)
       select i, '1', s, 1, 'active', to_timestamp($3), to_timestamp($3) from unnest($1::text[], $2::bytea[]) t (i, s)`,
      [ids, sealed, o.enrolledAt],
    );
    await transaction.query(
      `insert into installation_key_events (installation_id, number, state, at)
       select i, '1', 'active', to_timestamp($2) from unnest($1::text[]) i`,
      [ids, o.enrolledAt],
    );
  });
  await database.query("analyze");
}

function sha256(text: string): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(text).digest());
}
