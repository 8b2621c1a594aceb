/** `/api/v1/audit`: who did what to whom, why, before and after; and the chain that shows that it was so. */

import Type from "typebox";
import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { chainAfter, chainEntries, chainHead, listEntries } from "../../store/audit-log.ts";
import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import { instantOf, instantText } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  countShape,
  digestShape,
  orNull,
  pageShape,
  shape,
  textOrNullShape,
  textShape,
} from "../shapes/shape.ts";

const text = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }));
const listQuery = shape({
  ...pageQuery,
  subject: text,
  who: text,
  action: text,
  from: Type.Optional(instantText),
  to: Type.Optional(instantText),
});
const members = {
  number: countShape,
  previous: orNull(digestShape),
  hash: digestShape,
  at: textShape,
  who: textShape,
  action: textShape,
  subject: textShape,
  reason: textOrNullShape,
};
const entryShape = shape({ ...members, before: Type.Unknown(), after: Type.Unknown() });
const linkShape = shape({ ...members, before: textOrNullShape, after: textOrNullShape });
const chainShape = shape({
  items: Type.Array(linkShape),
  next: textOrNullShape,
  head: orNull(shape({ number: countShape, hash: digestShape })),
});

export function auditRoutes({ database }: FleetContext): ApiRoutes {
  return (api) => {
    api.get(
      "/audit",
      {
        summary: "List who did what to whom, and why, the newest first",
        tag: "audit",
        access: operators("read-only"),
        query: listQuery,
        answer: pageShape(entryShape),
      },
      async (request) => {
        const { subject = null, who = null, action = null, from, to } = request.query;
        const filter = {
          subject,
          who,
          action,
          from: from === undefined ? null : instantOf(from, "from"),
          to: to === undefined ? null : instantOf(to, "to"),
        };
        const limit = pageLimit(request.query);
        const [below = null] = cursorKey(request.query, "count") ?? [];
        await chainEntries(database);
        const rows = await listEntries(database, filter, { below, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ number }) => [number]);
        return { items: page.items.map(readable), next: page.next };
      },
    );

    // As texts, exactly as they were hashed.
    api.get(
      "/audit/chain",
      {
        summary: "List the audit log's entries as they were hashed, from the first on",
        tag: "audit",
        access: operators("read-only"),
        query: shape(pageQuery),
        answer: chainShape,
      },
      async (request) => {
        const limit = pageLimit(request.query);
        const after = cursorKey(request.query, "count")?.[0] ?? 0;
        await chainEntries(database);
        const rows = await chainAfter(database, { after, limit: limit + 1 });
        const page = pageOf(rows, limit, ({ number }) => [number]);
        return { items: page.items, next: page.next, head: await chainHead(database) };
      },
    );
  };
}

function readable(entry: ChainedEntry) {
  return { ...entry, before: parsed(entry.before), after: parsed(entry.after) };
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
