/** `/api/v1/audit`: who did what to whom, why, before and after; and the chain that shows that it was so. */

import Type from "typebox";
import type { ChainedEntry } from "@submeter/shared/evidence/audit-chain";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { chainAfter, chainEntries, chainHead, listEntries } from "../../store/audit-log.ts";
import { instantOf, instantText } from "../instants.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { Routes } from "../server.ts";

const closed = { additionalProperties: false };
const text = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }));
const listQuery = Type.Object(
  {
    ...pageQuery,
    subject: text,
    who: text,
    action: text,
    from: Type.Optional(instantText),
    to: Type.Optional(instantText),
  },
  closed,
);
const chainQuery = Type.Object(pageQuery, closed);

export function auditRoutes({ database }: FleetContext): Routes {
  return (server) => {
    server.get("/audit", { schema: { querystring: listQuery } }, async (request) => {
      const { subject = null, who = null, action = null, from, to } = request.query;
      const filter = {
        subject,
        who,
        action,
        from: from === undefined ? null : instantOf(from, "from"),
        to: to === undefined ? null : instantOf(to, "to"),
      };
      const limit = pageLimit(request.query);
      const key = cursorKey(request.query);
      const below = key === null ? null : Number(key[0]);
      await chainEntries(database);
      const rows = await listEntries(database, filter, { below, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ number }) => [number]);
      return { items: page.items.map(readable), next: page.next };
    });

    // As texts, exactly as they were hashed.
    server.get("/audit/chain", { schema: { querystring: chainQuery } }, async (request) => {
      const limit = pageLimit(request.query);
      const after = Number(cursorKey(request.query)?.[0] ?? 0);
      await chainEntries(database);
      const rows = await chainAfter(database, { after, limit: limit + 1 });
      const page = pageOf(rows, limit, ({ number }) => [number]);
      return { items: page.items, next: page.next, head: await chainHead(database) };
    });
  };
}

function readable(entry: ChainedEntry) {
  return { ...entry, before: parsed(entry.before), after: parsed(entry.after) };
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
