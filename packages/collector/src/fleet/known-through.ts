/** From whom nothing is known for a part of a span: missing, which is not zero. */

import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import { journalsOf } from "../store/journals.ts";
import { expectedNow, leastProven } from "./reporting.ts";

export type UnknownSpan = {
  readonly installation: string;
  /** From when on nothing is known of it, within the span. */
  readonly from: Instant;
};

type Scope = {
  readonly customer: string | null;
  readonly installation: string | null;
  readonly from: Instant;
  readonly to: Instant;
  readonly now: Instant;
};

/** An hour is proven by the report after it: what is younger than this is not missed yet. */
const reportedAfterSeconds = secondsPerHour;

/** Of the installations that are the customer's within the span, or of the one that is named. */
export async function unknownSpans(database: Queryable, scope: Scope): Promise<UnknownSpan[]> {
  const spans = await spansInScope(database, scope);
  const ids = spans.map(({ installation }) => installation);
  const journals = Map.groupBy(await journalsOf(database, ids), (row) => row.installation_id);
  return spans.flatMap(({ installation, from, until }) => {
    const own = journals.get(installation) ?? [];
    if (own.length === 0) return [{ installation, from }];
    const expected = expectedNow(own, until);
    if (expected.length === 0) return [];
    const known = leastProven(expected);
    if (known !== null && known >= until - reportedAfterSeconds) return [];
    return [{ installation, from: Math.max(known ?? from, from) }];
  });
}

/** The end of the newest hour that all of a customer's installations have proven; null while one has proven none. */
export async function knownThrough(
  database: Queryable,
  customer: string,
  now: Instant,
): Promise<Instant | null> {
  const day = 24 * secondsPerHour;
  const scope = { customer, installation: null, from: now - day, to: now, now };
  const spans = await spansInScope(database, scope);
  const ids = spans.map(({ installation }) => installation);
  const journals = Map.groupBy(await journalsOf(database, ids), (row) => row.installation_id);
  const known = spans.map(({ installation }) =>
    leastProven(expectedNow(journals.get(installation) ?? [], now)),
  );
  return known.reduce<Instant | null>(
    (least, one) => (least === null || one === null ? null : Math.min(least, one)),
    known[0] ?? null,
  );
}

/** Each with the part of the span in which it was assigned and not yet retired. */
async function spansInScope(
  database: Queryable,
  { customer, installation, from, to, now }: Scope,
): Promise<{ installation: string; from: Instant; until: Instant }[]> {
  return database.query(
    `select a.installation_id as installation, min(greatest(a.from_at, to_timestamp($3))) as from,
            max(least(a.to_at, i.retired_at, to_timestamp($4), to_timestamp($5))) as until
       from assignments a join installations i on i.id = a.installation_id
      where ($1::text is null or a.customer_id = $1) and ($2::text is null or a.installation_id = $2)
        and greatest(a.from_at, to_timestamp($3)) < least(a.to_at, i.retired_at, to_timestamp($4), to_timestamp($5))
      group by 1 order by 1`,
    [customer, installation, from, to, now],
  );
}
