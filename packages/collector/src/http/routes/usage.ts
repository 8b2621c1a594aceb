/** `/api/v1/usage`: what was counted, summed as asked; what is held, unbilled or unknown is told apart. */

import Type from "typebox";
import {
  formatInstant,
  hourFloor,
  type Instant,
  secondsPerDay,
} from "@submeter/shared/time/instant";
import { adjustedTotals, adjustmentsWithin } from "../../billing/adjusted-usage.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { heldUsage } from "../../fleet/held-usage.ts";
import { installationUnknown } from "../../fleet/unknown.ts";
import { unknownSpans } from "../../fleet/known-through.ts";
import type { Queryable } from "../../store/database.ts";
import { assignmentsOf } from "../../store/installations.ts";
import { unbilledUsage } from "../../store/unbilled-usage.ts";
import {
  breakdownOfUsage,
  summariseUsage,
  totalUsage,
  type UsageQuery,
  type UsageSummaryRow,
} from "../../store/usage-summary.ts";
import { customersToo } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { askedSpan } from "../asked-span.ts";
import { customerAsked, ownOnly } from "../callers.ts";
import { instantText } from "../instants.ts";
import { cursorKey, pageOf, pageQuery } from "../paging.ts";
import { naming, oneOf, shape } from "../shapes/shape.ts";
import { usageShape } from "../shapes/usage.ts";
import { heldReason, rowJson, totalsJson, unbilledJson } from "../usage-json.ts";

const query = shape({
  from: Type.Optional(instantText),
  to: Type.Optional(
    Type.String({
      minLength: 10,
      maxLength: 40,
      description: "An instant that is not included, or a date: all of its day is",
    }),
  ),
  cycle: Type.Optional(
    Type.String({
      minLength: 7,
      maxLength: 40,
      description: "`current`, `previous`, or the start of a cycle, in place of `from` and `to`",
    }),
  ),
  customer: Type.Optional(naming("customer")),
  installation: Type.Optional(naming("installation")),
  meter: Type.Optional(Type.String()),
  by: Type.Optional(oneOf("hour", "day", "total")),
  group: Type.Optional(oneOf("meter", "dimensions")),
  dimension: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9_.]{0,63}$" })),
  ...pageQuery,
});

/** A year of days of a customer's ten meters fits into one page. */
const rowsMax = 10_000;
const breakdownRowsMax = 1_000;
const unknownMax = 100;

export function usageRoutes({ database, clock }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/usage",
      {
        summary: "Show counted usage by hour, day or in total, with its breakdown",
        description:
          "What is adjusted, held, unbilled or unknown is told apart, never inside. A customer's token sees its own; a role with `usage:read:own` only what its member used.",
        tag: "usage",
        access: customersToo("read-only", "usage:read", "usage:read:own"),
        query,
        answer: usageShape,
      },
      async (request) => {
        const { installation = null, meter = null, dimension = null } = request.query;
        const customer = customerAsked(request, request.query.customer);
        if (customer !== null && installation !== null) {
          await assertOwned(database, installation, customer);
        }
        const now = clock.now();
        const span = await askedSpan(database, request.query, { customer, now });
        if (span.kind === "no_cycle") return { ...nothingYet, state: span.state };
        const { from, to } = span;
        const by = request.query.by ?? "day";
        const group = request.query.group ?? (dimension === null ? "meter" : "dimensions");
        const own = ownOnly(request);
        const asked: UsageQuery = {
          from,
          to,
          customer,
          installation,
          meter,
          own,
          by,
          group,
          dimension,
        };
        const limit = Math.min(Number(request.query.limit ?? rowsMax), rowsMax);
        const after = placeOf(request.query);
        const scope = { customer, installation, from, to, now };
        const ofCustomers = installation === null && own === null;
        const narrow = customer !== null || installation !== null;
        // Beside each other: each reads the lines for itself.
        const [rows, totals, breakdown, unbilled, quarantined, unknown, adjustments] =
          await Promise.all([
            summariseUsage(database, asked, { after, limit: limit + 1 }),
            totalUsage(database, asked),
            narrow ? breakdownOfUsage(database, asked, breakdownRowsMax) : null,
            unbilledUsage(database, asked, rowsMax),
            own === null ? held(database, asked) : null,
            unknownSpans(database, scope, unknownMax),
            ofCustomers ? adjustmentsWithin(database, asked) : null,
          ]);
        const page = pageOf(rows, limit, keyOfRow);
        return {
          state: "counted" as const,
          from: formatInstant(from),
          to: formatInstant(to),
          rows: page.items.map(rowJson),
          next: page.next,
          totals: totalsJson(totals),
          breakdown,
          adjustments,
          adjusted: adjustedTotals(totalsJson(totals), adjustments ?? []),
          quarantined,
          unbilled: unbilled.map(unbilledJson),
          complete: unknown.length === 0,
          unknown: unknown.map(({ installation: id, from: since, neverReported }) => {
            return {
              installation: id,
              from: formatInstant(since),
              never_reported: neverReported,
            };
          }),
        };
      },
    );
  };
}

/** Of what was never his, a customer hears no more than of what does not exist. */
async function assertOwned(database: Queryable, installation: string, customer: string) {
  const assignments = await assignmentsOf(database, [installation]);
  if (assignments.some((one) => one.customer_id === customer)) return;
  throw installationUnknown(installation);
}

const nothingYet = {
  from: null,
  to: null,
  rows: [],
  next: null,
  totals: {},
  breakdown: null,
  adjustments: null,
  adjusted: {},
  quarantined: null,
  unbilled: [],
  complete: null,
  unknown: [],
};

function keyOfRow(row: UsageSummaryRow) {
  return [row.at, row.customer ?? "", row.meter, row.dimensions ?? ""];
}

function placeOf(query: { cursor?: string }) {
  const key = cursorKey(query, "instant", "text", "text", "text");
  if (key === null) return null;
  const [at, customer, meter, dimensions] = key;
  return { at, customer, meter, dimensions };
}

async function held(database: Queryable, asked: UsageQuery) {
  const found = await heldUsage(database, { ...asked, startOf: startOfSpan(asked) });
  return found.map((row) => ({
    ...row,
    at: formatInstant(row.at),
    reason: heldReason(row.code),
  }));
}

function startOfSpan({ by, from }: UsageQuery): (window: Instant) => Instant {
  switch (by) {
    case "hour":
      return hourFloor;
    case "day":
      return (window) => Math.floor(window / secondsPerDay) * secondsPerDay;
    case "total":
      return () => from;
  }
}
