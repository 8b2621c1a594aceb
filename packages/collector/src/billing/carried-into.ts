/** What the periods before hand to one that runs: from the statement of the last, or as if those that wait were closed now. */

import { carriesState } from "@submeter/shared/contracts/carried-state";
import type { Carry } from "@submeter/shared/rating/carry";
import { computeStatement, decodeStatement } from "@submeter/shared/rating/compute-statement";
import type { Instant } from "@submeter/shared/time/instant";
import type { Period } from "@submeter/shared/time/period";
import type { Queryable } from "../store/database.ts";
import { documentBefore } from "../store/statements.ts";
import { type Agreement, periodsOf, versionFor } from "./agreement.ts";
import { openPeriod } from "./open-period.ts";
import { takeSnapshot } from "./snapshot.ts";

/** `db`: one repeatable-read transaction. A pack that was bought must not be missing while the month before waits for its close. */
export async function carriedInto(
  db: Queryable,
  agreement: Agreement,
  period: Period,
  now: Instant,
): Promise<Carry> {
  const { contract, plan } = versionFor(agreement, period.from);
  if (!carriesState(contract, plan)) return {};
  const document = await documentBefore(db, agreement.id, period.from);
  if (document !== null) return decodeStatement(document).carry ?? {};
  const open = await openPeriod(db, agreement);
  if (open === null || open.period.from >= period.from) return {};
  let carry: Carry | null = null;
  for (const earlier of periodsOf(agreement, open.anchor)) {
    if (earlier.from < open.period.from) continue;
    if (earlier.from >= period.from) break;
    const { inputs } = await takeSnapshot(db, subjectOf(agreement, earlier, open.anchor), now);
    const given: Carry = carry ?? {};
    carry = computeStatement({ ...inputs, carried: { ...inputs.carried, ...given } }).carry ?? {};
  }
  return carry ?? {};
}

function subjectOf(agreement: Agreement, period: Period, anchor: Instant | null) {
  return { agreement, scope: "period" as const, period, advance: null, anchor, number: 1 };
}
