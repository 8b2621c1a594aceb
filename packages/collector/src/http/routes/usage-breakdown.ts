/** `/api/v1/admin/billing/usage-breakdown`: every customer's usage of a span beside each other, for the vendor. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { listCustomers } from "../../store/customers.ts";
import { adjustedTotals, adjustmentsWithin } from "../../billing/adjusted-usage.ts";
import { breakdownByCustomer, totalsByCustomer, totalUsage } from "../../store/usage-summary.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { askedSpan } from "../asked-span.ts";
import { instantText } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { decimalShape, instantShape, shape, textOrNullShape, textShape } from "../shapes/shape.ts";
import { totalsShape } from "../shapes/usage.ts";
import { totalsJson } from "../usage-json.ts";

const query = shape({
  ...pageQuery,
  from: instantText,
  to: instantText,
  dimension: Type.Optional(
    Type.String({
      pattern: "^[a-z][a-z0-9_.]{0,63}$",
      description: "Also by the values of this dimension, such as agent",
    }),
  ),
});
const rowShape = shape({
  customer: textShape,
  name: textShape,
  totals: totalsShape,
  adjusted: Type.Unsafe<Readonly<Record<string, string>>>({
    ...totalsShape,
    description: "What `totals` come to with approved adjustments, of the meters that have any",
  }),
  breakdown: Type.Array(shape({ meter: textShape, value: textShape, quantity: decimalShape }), {
    description: "The first thousand values of each customer",
  }),
});
const valuesMax = 1_000;

export function usageBreakdownRoutes({ database, clock }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/admin/billing/usage-breakdown",
      {
        summary: "Show the usage of each customer, with the totals of all",
        description:
          "A customer without a meter in `totals` had none of it counted; `GET /api/v1/usage` says whether all is known.",
        tag: "usage",
        access: operators("read-only"),
        query,
        answer: shape({
          from: instantShape,
          to: instantShape,
          items: Type.Array(rowShape),
          next: textOrNullShape,
          totals: totalsShape,
        }),
      },
      async (request) => {
        const { dimension } = request.query;
        const now = clock.now();
        const span = await askedSpan(database, request.query, { customer: null, now });
        if (span.kind !== "span") throw new RangeError("a span of two instants is one");
        const { from, to } = span;
        const all = { from, to, customer: null, installation: null, meter: null, own: null };
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "text")?.[0] ?? "";
        const rows = await listCustomers(database, { after, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        const asked = { from, to, customers: page.items.map(({ id }) => id) };
        // Whatever the number of customers: a statement each, beside each other.
        const [sums, parts, adjustments, totals] = await Promise.all([
          totalsByCustomer(database, asked),
          dimension === undefined
            ? []
            : breakdownByCustomer(database, asked, { dimension, limitOfEach: valuesMax }),
          adjustmentsWithin(database, { customer: null, meter: null, from, to }),
          totalUsage(database, all),
        ]);
        const [sumsOf, partsOf, adjustmentsOf] = [
          Map.groupBy(sums, ({ customer }) => customer),
          Map.groupBy(parts, ({ customer }) => customer),
          Map.groupBy(adjustments, ({ customer }) => customer),
        ];
        return {
          from: formatInstant(from),
          to: formatInstant(to),
          items: page.items.map(({ id, name }) => {
            const own = totalsJson(sumsOf.get(id) ?? []);
            const breakdown = (partsOf.get(id) ?? []).map(({ meter, value, quantity }) => {
              return { meter, value, quantity };
            });
            const adjusted = adjustedTotals(own, adjustmentsOf.get(id) ?? []);
            return { customer: id, name, totals: own, adjusted, breakdown };
          }),
          next: page.next,
          totals: totalsJson(totals),
        };
      },
    );
  };
}
