/** `/api/v1/reports/…/verification`: whether what is stored is what was signed. */

import Type from "typebox";
import { sequenceMax, uuidPattern } from "@submeter/shared/wire/names";
import { type StoredVerdict, verifyOne, verifyStored } from "../../evidence/verify-stored.ts";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import { countShape, naming, oneOf, orNull, shape, textShape } from "../shapes/shape.ts";

const named = shape({
  installation: naming("installation"),
  journal: Type.String({ pattern: uuidPattern, "x-names": "journal" }),
  sequence: Type.String({ pattern: "^[1-9][0-9]{0,9}$" }),
});
const listQuery = shape({ ...pageQuery, installation: Type.Optional(naming("installation")) });
const verdictShape = shape({
  installation: textShape,
  journal: textShape,
  sequence: countShape,
  digest: oneOf("fits", "differs", "not_here"),
  signature: oneOf("fits", "differs", "key_gone", "not_here"),
  proof: oneOf("fits", "differs", "none", "not_here"),
  receipt: oneOf("fits", "differs"),
  chain: oneOf("fits", "differs", "first", "hole"),
  faults: Type.Array(textShape),
});

export function reportVerificationRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/reports/verification",
      {
        summary: "Verify stored reports, page by page; what does not fit is listed",
        tag: "reports",
        access: operators("read-only"),
        query: listQuery,
        answer: shape({
          checked: countShape,
          bytes_elsewhere: countShape,
          items: Type.Array(verdictShape),
          next: orNull(textShape),
        }),
      },
      async (request) => {
        const { installation = null } = request.query;
        const limit = pageLimit(request.query);
        const key = cursorKey(request.query, "text", "uuid", "count");
        const after = key && { installation: key[0], journal: key[1], sequence: key[2] };
        const verdicts = await verifyStored(context, { installation, after, limit: limit + 1 });
        const page = pageOf(verdicts, limit, (one) => [
          one.installation,
          one.journal,
          one.sequence,
        ]);
        return {
          checked: page.items.length,
          bytes_elsewhere: page.items.filter(({ digest }) => digest === "not_here").length,
          items: page.items.filter(isBad),
          next: page.next,
        };
      },
    );

    api.get(
      "/reports/:installation/:journal/:sequence/verification",
      {
        summary: "Verify one stored report",
        tag: "reports",
        access: operators("read-only"),
        params: named,
        answer: verdictShape,
      },
      async (request) => {
        const { installation, journal, sequence } = request.params;
        const number = Math.min(Number(sequence), sequenceMax);
        return verifyOne(context, { installation, journal, sequence: number });
      },
    );
  };
}

function isBad({ faults }: StoredVerdict): boolean {
  return faults.length > 0;
}
