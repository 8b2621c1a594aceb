/** `/api/v1/usage`: what was counted, summed as asked; what is held or unbilled is told apart. */

import Type from "typebox";
import {
  formatInstant,
  hourFloor,
  type Instant,
  secondsPerDay,
} from "@submeter/shared/time/instant";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { heldUsage } from "../../fleet/held-usage.ts";
import type { Queryable } from "../../store/database.ts";
import { assignmentsOf } from "../../store/installations.ts";
import {
  summariseUsage,
  totalUsage,
  type UnbilledRow,
  unbilledUsage,
  type UsageQuery,
  type UsageSummaryRow,
} from "../../store/usage-summary.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { instantOf, instantText } from "../instants.ts";
import {
  decimalShape,
  dimensionsShape,
  instantShape,
  naming,
  oneOf,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const query = shape({
  from: instantText,
  to: instantText,
  customer: Type.Optional(naming("customer")),
  installation: Type.Optional(naming("installation")),
  meter: Type.Optional(Type.String()),
  by: Type.Optional(oneOf("hour", "day", "total")),
  group: Type.Optional(oneOf("meter", "dimensions")),
  dimension: Type.Optional(Type.String({ pattern: "^[a-z][a-z0-9_.]{0,63}$" })),
});
const apartMembers = {
  at: instantShape,
  installation: textShape,
  customer: textOrNullShape,
  meter: textShape,
  quantity: decimalShape,
  code: textOrNullShape,
  reason: textOrNullShape,
};
const usageShape = shape({
  from: instantShape,
  to: instantShape,
  rows: Type.Array(
    shape({
      at: instantShape,
      customer: textOrNullShape,
      meter: textShape,
      dimensions: Type.Optional(dimensionsShape),
      quantity: decimalShape,
    }),
  ),
  totals: Type.Unsafe<Readonly<Record<string, string>>>({
    type: "object",
    additionalProperties: decimalShape,
  }),
  quarantined: Type.Array(shape(apartMembers)),
  unbilled: Type.Array(shape(apartMembers)),
});

export function usageRoutes({ database }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/usage",
      {
        summary: "Show counted usage by hour, day or in total",
        description: "What is held or unbilled is told apart, never inside.",
        tag: "usage",
        access: operators("read-only"),
        query,
        answer: usageShape,
      },
      async (request) => {
        const {
          customer = null,
          installation = null,
          meter = null,
          dimension = null,
        } = request.query;
        const by = request.query.by ?? "day";
        const group = request.query.group ?? (dimension === null ? "meter" : "dimensions");
        const from = instantOf(request.query.from, "from");
        const to = instantOf(request.query.to, "to");
        const asked: UsageQuery = { from, to, customer, installation, meter, by, group, dimension };
        return {
          from: formatInstant(from),
          to: formatInstant(to),
          rows: (await summariseUsage(database, asked)).map(rowJson),
          totals: totalsJson(await totalUsage(database, asked)),
          quarantined: await held(database, asked),
          unbilled: (await unbilledUsage(database, asked)).map(unbilledJson),
        };
      },
    );
  };
}

function rowJson(row: UsageSummaryRow) {
  const { at, customer, meter, dimensions, quantity } = row;
  return {
    at: formatInstant(at),
    customer,
    meter,
    ...(dimensions !== null && { dimensions: JSON.parse(dimensions) as Record<string, string> }),
    quantity,
  };
}

function totalsJson(rows: readonly { meter: string; quantity: string }[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ meter, quantity }) => [meter, quantity]));
}

async function held(database: Queryable, asked: UsageQuery) {
  const startOf = startOfSpan(asked);
  const found = await heldUsage(database, { ...asked, startOf });
  const installations = [...new Set(found.map(({ installation }) => installation))];
  const assignments = await assignmentsOf(database, installations);
  const ownerOf = (installation: string, at: Instant) =>
    assignments.findLast(
      (a) => a.installation_id === installation && a.subject === "" && a.from_at <= at,
    )?.customer_id ?? null;
  return found
    .map((row) => ({
      ...row,
      at: formatInstant(row.at),
      customer: ownerOf(row.installation, row.at),
      reason: reasonOf[row.code ?? ""] ?? row.code,
    }))
    .filter(({ customer }) => asked.customer === null || asked.customer === customer);
}

const reasonOf: Readonly<Record<string, string>> = {
  window_in_future: "its hour lies in the future",
  coverage_in_future: "it covers time that has not come",
  window_before_enrolment: "before the installation was enrolled",
  window_overlaps_replaced: "overlaps windows of the journal that it replaces",
  key_compromised: "came under a key that is marked as compromised",
  meter_differs: "a meter's unit or aggregation differs from before",
};

const unbilledReasonOf: Record<UnbilledRow["reason"], string> = {
  no_customer: "it belongs to no customer",
  before_contract: "before the contract",
  no_contract: "no contract runs",
};

function unbilledJson({ subject, reason, ...row }: UnbilledRow) {
  const why = unbilledReasonOf[reason];
  const named = reason === "no_customer" && subject !== "" ? `${why}: subject ${subject}` : why;
  return { ...row, at: formatInstant(row.at), code: reason, reason: named };
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
