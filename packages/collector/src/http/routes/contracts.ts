/** `/api/v1/contracts`: what is agreed with whom, its amendments and its end. */

import Type from "typebox";
import { formatInstant, hourFloor } from "@submeter/shared/time/instant";
import type { BillingContext } from "../../billing/billing-context.ts";
import { setContract } from "../../billing/contracts.ts";
import { endContract } from "../../billing/end-contract.ts";
import { contractUnknown } from "../../billing/unknown.ts";
import { contractVersions, listContracts, type StoredContract } from "../../store/contracts.ts";
import { customersToo, operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { refusingFaults } from "../faults-problem.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { customerAsked, isOperator, mayReach } from "../callers.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  digestShape,
  documentShape,
  instantOrNullShape,
  instantShape,
  naming,
  oneOf,
  pageShape,
  reasonText,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const versionMembers = {
  version: countShape,
  digest: digestShape,
  plan: shape({ id: textShape, version: countShape }),
  effective_from: instantShape,
  reason: textOrNullShape,
  created_at: instantShape,
  created_by: textOrNullShape,
};
const contractMembers = {
  ...versionMembers,
  id: textShape,
  customer: textShape,
  document: documentShape<object>("The contract; docs/schemas/contract.json describes it"),
  ended_at: instantOrNullShape,
};
const changedShape = shape({ contract: shape(contractMembers), effects: Type.Array(textShape) });
const byId = shape({ id: naming("contract") });
const setQuery = shape({
  dry_run: Type.Optional(oneOf("true", "false")),
  /** From which period on an amendment rules. */
  effective: Type.Optional(instantText),
  reason: Type.Optional(reasonText),
});

export function contractRoutes(context: BillingContext): ApiRoutes {
  const { database } = context;
  return (api) => {
    api.put(
      "/contracts/:id",
      {
        summary: "Agree on a contract, or amend it",
        description:
          "The body is the contract document; every fault of it is answered at once, with its path. With `dry_run` nothing is changed.",
        tag: "contracts",
        access: operators("billing"),
        params: byId,
        query: setQuery,
        answer: changedShape,
      },
      async (request) => {
        const { dry_run, effective, reason = null } = request.query;
        const { contract, effects } = await refusingFaults(
          setContract(context, operatorOf(request), request.body, {
            id: request.params.id,
            effective:
              effective === undefined ? null : hourFloor(instantOf(effective, "effective")),
            dryRun: dry_run === "true",
            reason,
          }),
        );
        return { contract: contractJson(contract, true), effects };
      },
    );

    api.post(
      "/contracts/:id/end",
      {
        summary: "End a contract at an instant",
        tag: "contracts",
        access: operators("billing"),
        params: byId,
        body: shape({ at: instantText, reason: reasonText }),
        answer: changedShape,
      },
      async (request) => {
        const { at, reason } = request.body;
        const { contract, effects } = await refusingFaults(
          endContract(context, operatorOf(request), {
            id: request.params.id,
            at: instantOf(at, "at"),
            reason,
          }),
        );
        return { contract: contractJson(contract, true), effects };
      },
    );

    api.get(
      "/contracts",
      {
        summary: "List contracts, each in its newest version",
        tag: "contracts",
        access: customersToo("read-only", "contracts:read"),
        query: shape({ ...pageQuery, customer: Type.Optional(naming("customer")) }),
        answer: pageShape(shape(contractMembers)),
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "text")?.[0] ?? "";
        const customer = customerAsked(request, request.query.customer);
        const rows = await listContracts(database, { customer, after, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ id }) => [id]);
        const inside = isOperator(request);
        return { items: page.items.map((row) => contractJson(row, inside)), next: page.next };
      },
    );

    api.get(
      "/contracts/:id",
      {
        summary: "Show a contract with its versions",
        tag: "contracts",
        access: customersToo("read-only", "contracts:read"),
        params: byId,
        answer: shape({ ...contractMembers, versions: Type.Array(shape(versionMembers)) }),
      },
      async (request) => {
        const { id } = request.params;
        const versions = await contractVersions(database, id);
        const newest = versions.at(-1);
        if (newest === undefined || !mayReach(request, newest.customer_id)) {
          throw contractUnknown(id);
        }
        const inside = isOperator(request);
        return {
          ...contractJson(newest, inside),
          versions: versions.map((row) => versionJson(row, inside)),
        };
      },
    );
  };
}

/** `inside`: for the vendor's people, who also read why and by whom. */
function contractJson(row: StoredContract, inside: boolean) {
  return {
    ...versionJson(row, inside),
    id: row.id,
    customer: row.customer_id,
    document: JSON.parse(row.document) as object,
    ended_at: textOrNull(row.term_to),
  };
}

function versionJson(row: StoredContract, inside: boolean) {
  return {
    version: row.version,
    digest: row.digest,
    plan: { id: row.plan_id, version: row.plan_version },
    effective_from: formatInstant(row.effective_from),
    reason: inside ? row.reason : null,
    created_at: formatInstant(row.created_at),
    created_by: inside ? row.created_by : null,
  };
}
