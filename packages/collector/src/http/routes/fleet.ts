/** `/api/v1/fleet`: the state of each installation, the troubled first; and of one, its hours for 13 months. */

import Type from "typebox";
import { formatInstant, secondsPerDay } from "@submeter/shared/time/instant";
import { fleetTerms } from "../../billing/fleet-terms.ts";
import { hourMapOf } from "../../billing/hour-map.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { fleetPage } from "../../fleet/fleet-page.ts";
import { refreshSome } from "../../fleet/refresh-states.ts";
import { installationUnknown } from "../../fleet/unknown.ts";
import {
  type FleetState,
  fleetStates,
  fleetStatesOf,
  type FleetStateRow,
} from "../../store/fleet-states.ts";
import { findInstallation } from "../../store/installations.ts";
import { operators } from "../api/access.ts";
import type { Api, ApiRoutes } from "../api/operation.ts";
import { HttpProblem } from "../http-problem.ts";
import { textOrNull } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countedAtShape,
  countShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  orNull,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const itemShape = shape({
  installation: textShape,
  customer: textOrNullShape,
  state: oneOf(...fleetStates),
  since: instantShape,
  last_covered: instantOrNullShape,
  silent_seconds: orNull(countShape),
  fallback_from: instantOrNullShape,
  journals: shape({ expected: countShape, dead: countShape }),
  backlog: orNull(countShape),
  agent_version: textOrNullShape,
  clock_skew_ms: orNull(Type.Integer()),
  disk_free_bytes: orNull(countShape),
  quarantined: countShape,
});

const listQuery = shape({
  ...pageQuery,
  customer: Type.Optional(naming("customer")),
  state: Type.Optional(
    Type.String({
      maxLength: 100,
      description: `Only these, with commas between them: ${fleetStates.join(", ")}`,
    }),
  ),
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 63,
      description: "A part of an installation's or a customer's name",
    }),
  ),
});

const listAnswer = shape({
  counts: Type.Unsafe<Partial<Record<FleetState, number>>>({
    type: "object",
    additionalProperties: { type: "integer" },
    description: "By state, of all that the customer and the search let through",
  }),
  counted_at: countedAtShape,
  items: Type.Array(itemShape),
  next: orNull(
    Type.String({ description: "The cursor of the next page; null when this is the last" }),
  ),
});

/** As long as hours are told apart. */
const calendarDaysMax = 396;

export function fleetRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    listRoute(api, context);
    calendarRoute(api, context);
  };
}

function listRoute(api: Api, { database, clock }: FleetContext): void {
  api.get(
    "/fleet",
    {
      summary: "Show the state of each installation, the troubled first",
      tag: "fleet",
      access: operators("read-only"),
      query: listQuery,
      answer: listAnswer,
    },
    async (request) => {
      const { customer = null, search = null, state } = request.query;
      const limit = pageLimit(request.query);
      const filter = { customer, search, states: state === undefined ? null : statesOf(state) };
      const after = cursorKey(request.query, "count", "text") ?? ([-1, ""] as const);
      const found = await fleetPage({ database, clock, terms: fleetTerms }, filter, {
        after,
        limit: limit + 1,
      });
      const page = pageOf(found.rows, limit, (row) => [row.rank, row.installation_id]);
      const counts = Object.fromEntries(found.counts.map((one) => [one.state, one.count]));
      const counted_at = textOrNull(found.countedAt);
      return { counts, counted_at, items: page.items.map(itemJson), next: page.next };
    },
  );
}

function calendarRoute(api: Api, { database, clock }: FleetContext): void {
  api.get(
    "/fleet/:installation",
    {
      summary: "Show an installation with its hours, day by day",
      tag: "fleet",
      access: operators("read-only"),
      params: shape({ installation: naming("installation") }),
      query: shape({
        days: Type.Optional(
          Type.String({
            pattern: "^[1-9][0-9]{0,2}$",
            description: `Up to today; ${calendarDaysMax} at most, and when absent`,
          }),
        ),
      }),
      answer: shape({
        item: itemShape,
        days: Type.Array(
          shape({
            day: Type.String({ format: "date" }),
            hours: Type.String({
              pattern: "^[cpueo.]{1,24}$",
              description:
                "A letter an hour: counted, pending, uncounted, excused, overdue; a dot where nothing was expected",
            }),
          }),
        ),
      }),
    },
    async (request) => {
      const { installation } = request.params;
      const row = await findInstallation(database, installation);
      if (row === null) throw installationUnknown(installation);
      const context = { database, clock, terms: fleetTerms };
      await refreshSome(context, [installation], { patient: true });
      const [state] = await fleetStatesOf(database, [installation]);
      if (state === undefined) throw installationUnknown(installation);
      const now = clock.now();
      const days = Math.min(Number(request.query.days ?? calendarDaysMax), calendarDaysMax);
      const today = Math.floor(now / secondsPerDay) * secondsPerDay;
      const from = today - (days - 1) * secondsPerDay;
      return { item: itemJson(state), days: await hourMapOf(database, row, { from, now }) };
    },
  );
}

function statesOf(text: string): FleetState[] {
  return text.split(",").map((word) => {
    const state = fleetStates.find((one) => one === word.trim());
    if (state !== undefined) return state;
    const hint = `name some of ${fleetStates.join(", ")}`;
    throw new HttpProblem(400, "fleet_state_unknown", `${word} is no state`, hint);
  });
}

function itemJson(row: FleetStateRow) {
  return {
    installation: row.installation_id,
    customer: row.customer_id,
    state: row.state,
    since: formatInstant(row.since),
    last_covered: textOrNull(row.last_covered),
    silent_seconds: row.silent_seconds,
    fallback_from: textOrNull(row.fallback_from),
    journals: { expected: row.journals_expected, dead: row.journals_dead },
    backlog: row.backlog,
    agent_version: row.agent_version,
    clock_skew_ms: row.clock_skew_ms,
    disk_free_bytes: row.disk_free_bytes,
    quarantined: row.quarantined,
  };
}
