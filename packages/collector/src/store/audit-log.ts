/** The audit log as it is read: in pages for people, and as the chain that a verifier takes entry by entry. */

import type { ChainedEntry, ChainHead } from "@submeter/shared/evidence/audit-chain";
import type { Instant } from "@submeter/shared/time/instant";
import { type Queryable, safeNumber } from "./database.ts";

export type AuditFilter = {
  readonly subject: string | null;
  readonly who: string | null;
  /** A whole action, or the noun before its dot. */
  readonly action: string | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
};

const chained = `select c.number, c.previous, c.hash,
    to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
    l.who, l.action, l.subject, l.reason, l.before, l.after
  from audit_chain c left join audit_log l on l.id = c.entry`;

/** What a transaction with a snapshot has left unchained is chained now. */
export async function chainEntries(database: Queryable): Promise<void> {
  await database.query("select chain_audit_entries()");
}

/** Newest first, below the number of the last one seen. */
export async function listEntries(
  database: Queryable,
  filter: AuditFilter,
  page: { below: number | null; limit: number },
): Promise<ChainedEntry[]> {
  const rows = await database.query<Row>(
    `${chained}
      where ($1::text is null or l.subject = $1) and ($2::text is null or l.who = $2)
        and ($3::text is null or l.action = $3 or split_part(l.action, '.', 1) = $3)
        and ($4::float8 is null or l.at >= to_timestamp($4))
        and ($5::float8 is null or l.at < to_timestamp($5))
        and ($6::int8 is null or c.number < $6)
      order by c.number desc limit $7`,
    [filter.subject, filter.who, filter.action, filter.from, filter.to, page.below, page.limit],
  );
  return rows.map(entryOf);
}

/** From the first on, above the number of the last one seen: the order in which they are verified. */
export async function chainAfter(
  database: Queryable,
  page: { after: number; limit: number },
): Promise<ChainedEntry[]> {
  const rows = await database.query<Row>(
    `${chained} where c.number > $1 order by c.number limit $2`,
    [page.after, page.limit],
  );
  return rows.map(entryOf);
}

/** Entries about any of these subjects, or whose subject begins with one of these, in order. */
export async function entriesAbout(
  database: Queryable,
  subjects: readonly string[],
  beginnings: readonly string[],
): Promise<ChainedEntry[]> {
  const rows = await database.query<Row>(
    `${chained} where l.subject = any($1::text[])
        or exists (select from unnest($2::text[]) b where starts_with(l.subject, b))
      order by c.number`,
    [subjects, beginnings],
  );
  return rows.map(entryOf);
}

/** Whether the entry that is named so is this one, and not older than `since`. */
export async function isOnRecord(
  database: Queryable,
  o: { id: string; who: string; action: string; subject: string; since: Instant },
): Promise<boolean> {
  const rows = await database.query(
    `select from audit_log where id = $1::int8 and who = $2 and action = $3 and subject = $4 and at >= to_timestamp($5)`,
    [o.id, o.who, o.action, o.subject, o.since],
  );
  return rows.length === 1;
}

/** The newest link; null while nothing is chained. */
export async function chainHead(database: Queryable): Promise<ChainHead | null> {
  const [head] = await database.query<{ number: bigint; hash: string | null }>(
    "select number, hash from audit_head",
  );
  if (head === undefined || head.hash === null) return null;
  return { number: safeNumber(head.number), hash: head.hash };
}

type Row = Omit<ChainedEntry, "number"> & { number: bigint };

/** A link whose entry is gone reads as an entry of nothing, which no hash fits. */
function entryOf(row: Row): ChainedEntry {
  const { at, who, action, subject } = row;
  return {
    ...row,
    number: safeNumber(row.number),
    at: at ?? "",
    who: who ?? "",
    action: action ?? "",
    subject: subject ?? "",
  };
}
