/** From whom nothing is known for a part of a span: missing, which is not zero. */

import { type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { Queryable } from "../store/database.ts";
import { journalsOf, perhapsUnknown } from "../store/journals.ts";
import { expectedNow, leastProven } from "./reporting.ts";

export type UnknownSpan = {
  readonly installation: string;
  /** From when on nothing is known of it, within the span. */
  readonly from: Instant;
  readonly neverReported: boolean;
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

/** So many are looked at one by one at a time. */
const candidatesMax = 1_000;

/**
 * Of the installations that are the customer's within the span, of the one that is named, or of all: the first so many.
 * Of all those alone are looked at of which something may be missing.
 */
export async function unknownSpans(
  database: Queryable,
  scope: Scope,
  limit: number,
): Promise<UnknownSpan[]> {
  if (scope.customer !== null || scope.installation !== null) {
    const spans = await spansInScope(database, scope);
    return (await unknownOf(database, spans)).slice(0, limit);
  }
  const found: UnknownSpan[] = [];
  const provenSince = Math.min(scope.to, scope.now) - reportedAfterSeconds;
  for (let after = ""; ;) {
    const page = { from: scope.from, provenSince, after, limit: candidatesMax };
    const candidates = await perhapsUnknown(database, page);
    const spans = await spansInScope(database, scope, candidates);
    found.push(...(await unknownOf(database, spans)));
    after = candidates.at(-1) ?? "";
    if (found.length >= limit || candidates.length < candidatesMax) return found.slice(0, limit);
  }
}

async function unknownOf(
  database: Queryable,
  spans: readonly SpanInScope[],
): Promise<UnknownSpan[]> {
  const ids = spans.map(({ installation }) => installation);
  const journals = Map.groupBy(await journalsOf(database, ids), (row) => row.installation_id);
  return spans.flatMap(({ installation, from, until }) => {
    const own = journals.get(installation) ?? [];
    if (own.length === 0) return [{ installation, from, neverReported: true }];
    const expected = expectedNow(own, until);
    if (expected.length === 0) return [];
    const known = leastProven(expected);
    if (known !== null && known >= until - reportedAfterSeconds) return [];
    const neverReported = own.every((row) => row.covered_through === null);
    return [{ installation, from: Math.max(known ?? from, from), neverReported }];
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

type SpanInScope = {
  readonly installation: string;
  readonly from: Instant;
  readonly until: Instant;
};

/** Each with the part of the span in which it was assigned and not yet retired; of `among` alone, where that is given. */
async function spansInScope(
  database: Queryable,
  { customer, installation, from, to, now }: Scope,
  among: readonly string[] | null = null,
): Promise<SpanInScope[]> {
  return database.query(
    `select a.installation_id as installation, min(greatest(a.from_at, to_timestamp($3))) as from,
            max(least(a.to_at, i.retired_at, to_timestamp($4), to_timestamp($5))) as until
       from assignments a join installations i on i.id = a.installation_id
      where ($1::text is null or a.customer_id = $1) and ($2::text is null or a.installation_id = $2)
        and ($6::text[] is null or a.installation_id = any($6))
        and greatest(a.from_at, to_timestamp($3)) < least(a.to_at, i.retired_at, to_timestamp($4), to_timestamp($5))
      group by 1 order by 1`,
    [customer, installation, from, to, now, among],
  );
}
