/** `/api/v1/today`: what an operator looks for in the morning, in one answer. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { type SilentInstallation, today, type Today } from "../../billing/today.ts";
import { type FleetState, fleetStates } from "../../store/fleet-states.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { textOrNull } from "../instants.ts";
import { closeShape } from "../shapes/close.ts";
import {
  countedAtShape,
  countShape,
  decimalShape,
  instantOrNullShape,
  instantShape,
  oneOf,
  orNull,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";
import { closeJson } from "./close.ts";

const silentShape = shape({
  installation: textShape,
  customer: textOrNullShape,
  state: oneOf(...fleetStates),
  last_covered: instantOrNullShape,
  silent_seconds: orNull(countShape),
  minimum_starts_at: instantOrNullShape,
  fault: oneOf("customer", "collector_outage", "no_key", "held_reports"),
  outage_hours: countShape,
});
const agentShape = shape({
  installation: textShape,
  agent_version: textOrNullShape,
  clock_skew_ms: orNull(Type.Integer()),
  disk_free_bytes: orNull(countShape),
  backlog: orNull(countShape),
  old: Type.Boolean(),
  skewed: Type.Boolean(),
  full: Type.Boolean(),
  behind: Type.Boolean(),
});
const todayShape = shape({
  at: instantShape,
  waits_for_you: Type.Boolean({ description: "Whether anything at all needs a person" }),
  fleet: Type.Unsafe<Partial<Record<FleetState, number>>>({
    type: "object",
    additionalProperties: { type: "integer" },
  }),
  fleet_counted_at: countedAtShape,
  silent: Type.Array(silentShape),
  waiting_to_close: Type.Array(closeShape),
  decisions: Type.Array(
    shape({
      kind: oneOf("quarantine", "correction", "adjustment", "shutdown", "subject"),
      count: countShape,
      first: textShape,
    }),
  ),
  unusual: Type.Array(
    shape({
      installation: textShape,
      customer: textOrNullShape,
      meter: textShape,
      day: Type.String({ format: "date" }),
      kind: oneOf("collapse", "explosion"),
      quantity: decimalShape,
      usual: decimalShape,
    }),
  ),
  unbilled: shape({
    amounts: Type.Array(shape({ currency: textShape, amount: decimalShape })),
    contracts: shape({ valued: countShape, all: countShape }),
  }),
  unreconciled: Type.Array(
    shape({
      document: textShape,
      customer: textShape,
      status: textShape,
      code: textOrNullShape,
      detail: textOrNullShape,
      attempts: countShape,
    }),
  ),
  agents: shape({ total: countShape, newest: textOrNullShape, agents: Type.Array(agentShape) }),
  webhooks: Type.Array(shape({ id: textShape, failed: countShape })),
  unreadable: Type.Array(shape({ contract: textShape, installations: countShape }), {
    description: "Contracts that cannot be read: silence goes by 72 hours, and they do not close",
  }),
});

export function todayRoutes(context: BillingContext): ApiRoutes {
  return (api) => {
    api.get(
      "/today",
      {
        summary: "Show the operator's morning",
        description:
          "Who is silent and whose fault it is, what cannot close and until when, which decisions wait, which days were unusual, what was used and is not billed yet at list price, what the payment provider did not take, which agents need a look.",
        tag: "fleet",
        access: operators("read-only"),
        answer: todayShape,
      },
      async () => todayJson(await today(context)),
    );
  };
}

function todayJson(found: Today) {
  const { silent, waitingToClose, decisions, unusual, unreconciled, agents, webhooks } = found;
  const { unreadable } = found;
  const lists = [
    silent,
    waitingToClose,
    decisions,
    unusual,
    unreconciled,
    agents.agents,
    webhooks,
    unreadable,
  ];
  const forked = found.counts.some(({ state, count }) => state === "forked" && count > 0);
  return {
    at: formatInstant(found.now),
    waits_for_you: forked || lists.some(({ length }) => length > 0),
    fleet: Object.fromEntries(found.counts.map(({ state, count }) => [state, count])),
    fleet_counted_at: textOrNull(found.countedAt),
    silent: silent.map(silentJson),
    waiting_to_close: waitingToClose.map(closeJson),
    decisions,
    unusual: unusual.map(({ installation, customer, meter, day, kind, quantity, usual }) => ({
      installation,
      customer,
      meter,
      day,
      kind,
      quantity,
      usual,
    })),
    unbilled: found.unbilled,
    unreconciled,
    agents,
    webhooks,
    unreadable,
  };
}

function silentJson({ row, fault, outageHours }: SilentInstallation) {
  return {
    installation: row.installation_id,
    customer: row.customer_id,
    state: row.state,
    last_covered: textOrNull(row.last_covered),
    silent_seconds: row.silent_seconds,
    minimum_starts_at: textOrNull(row.fallback_from),
    fault,
    outage_hours: outageHours,
  };
}
