/** `/api/v1/installations`: enrol, list, assign, retire, and their keys. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
import { dimensionValuePattern, labelPattern } from "@submeter/shared/wire/names";
import type { FleetContext } from "../../fleet/fleet-context.ts";
import { assign, enrol, retire } from "../../fleet/installations.ts";
import { revokeKey, rotateKey } from "../../fleet/keys.ts";
import { resume, suspend } from "../../fleet/suspension.ts";
import { installationUnknown } from "../../fleet/unknown.ts";
import type { Queryable } from "../../store/database.ts";
import { type InstallationKeyRow, keysOf } from "../../store/installation-keys.ts";
import {
  type AssignmentRow,
  assignmentsOf,
  findInstallation,
  type InstallationRow,
  listInstallations,
} from "../../store/installations.ts";
import { journalsOf } from "../../store/journals.ts";
import { runningSuspensions, type SuspensionRow } from "../../store/suspensions.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import type { HttpServer, Routes } from "../server.ts";

const label = Type.String({ pattern: labelPattern });
const reason = Type.String({ minLength: 1, maxLength: 2000 });
const closed = { additionalProperties: false };
const byId = Type.Object({ id: Type.String() });
const byKey = Type.Object({ id: Type.String(), number: Type.String() });

const enrolBody = Type.Object(
  {
    id: label,
    customer: label,
    enrolled: instantText,
    subject_routing: Type.Optional(Type.Boolean()),
  },
  closed,
);
const assignBody = Type.Object(
  {
    customer: label,
    from: instantText,
    subject: Type.Optional(Type.String({ pattern: dimensionValuePattern })),
  },
  closed,
);
const retireBody = Type.Object({ at: instantText, reason }, closed);
const suspendBody = Type.Object({ reason }, closed);
const rotateBody = Type.Object(
  { keep_active: Type.Optional(Type.Boolean()), reason: Type.Optional(reason) },
  closed,
);
const revokeBody = Type.Object(
  {
    mode: Type.Union([
      Type.Literal("verify-only"),
      Type.Literal("compromised"),
      Type.Literal("removed"),
    ]),
    reason,
  },
  closed,
);
const listQuery = Type.Object({ ...pageQuery, customer: Type.Optional(Type.String()) }, closed);

export function installationRoutes(context: FleetContext): Routes {
  return (server) => {
    readRoutes(server, context);
    changeRoutes(server, context);
    keyRoutes(server, context);
  };
}

function readRoutes(server: HttpServer, context: FleetContext): void {
  server.get("/installations", { schema: { querystring: listQuery } }, async (request) => {
    const limit = pageLimit(request.query);
    const after = String(cursorKey(request.query)?.[0] ?? "");
    const customer = request.query.customer ?? null;
    const rows = await listInstallations(context.database, { after, limit: limit + 1, customer });
    const page = pageOf(rows, limit, ({ id }) => [id]);
    return { items: await described(context.database, page.items), next: page.next };
  });

  server.get("/installations/:id", { schema: { params: byId } }, async (request) => {
    const { id } = request.params;
    const row = await findInstallation(context.database, id);
    if (row === null) throw installationUnknown(id);
    return (await described(context.database, [row]))[0];
  });
}

function changeRoutes(server: HttpServer, context: FleetContext): void {
  server.post("/installations", { schema: { body: enrolBody } }, async (request, reply) => {
    const { id, customer, enrolled, subject_routing: subjectRouting = false } = request.body;
    const enrolledAt = instantOf(enrolled, "enrolled");
    const operator = operatorOf(request);
    const issued = await enrol(context, operator, { id, customer, enrolledAt, subjectRouting });
    const row = await findInstallation(context.database, id);
    const [installation] = row === null ? [] : await described(context.database, [row]);
    return reply.code(201).send({ installation, ...issued });
  });

  server.post(
    "/installations/:id/assignments",
    { schema: { params: byId, body: assignBody } },
    async (request, reply) => {
      const { id } = request.params;
      const { customer, subject = "" } = request.body;
      const from = instantOf(request.body.from, "from");
      await assign(context, operatorOf(request), { installation: id, customer, from, subject });
      const row = await findInstallation(context.database, id);
      return reply.code(201).send(row && (await described(context.database, [row]))[0]);
    },
  );

  server.post(
    "/installations/:id/retire",
    { schema: { params: byId, body: retireBody } },
    async (request) => {
      const at = instantOf(request.body.at, "at");
      const { id: installation } = request.params;
      const order = { installation, at, reason: request.body.reason };
      const row = await retire(context, operatorOf(request), order);
      return (await described(context.database, [row]))[0];
    },
  );

  for (const [verb, act] of Object.entries({ suspend, resume })) {
    server.post(
      `/installations/:id/${verb}`,
      { schema: { params: byId, body: suspendBody } },
      async (request) => {
        const { id } = request.params;
        const { reason: why } = request.body;
        await act(context, operatorOf(request), { installation: id, reason: why });
        const row = await findInstallation(context.database, id);
        return row && (await described(context.database, [row]))[0];
      },
    );
  }
}

function keyRoutes(server: HttpServer, context: FleetContext): void {
  server.post(
    "/installations/:id/keys",
    { schema: { params: byId, body: rotateBody } },
    async (request, reply) => {
      const order = {
        installation: request.params.id,
        keepActive: request.body.keep_active ?? false,
        reason: request.body.reason ?? null,
      };
      return reply.code(201).send(await rotateKey(context, operatorOf(request), order));
    },
  );

  server.post(
    "/installations/:id/keys/:number/revoke",
    { schema: { params: byKey, body: revokeBody } },
    async (request) => {
      const { id: installation, number } = request.params;
      const order = { installation, number, ...request.body };
      return keyJson(await revokeKey(context, operatorOf(request), order));
    },
  );
}

async function described(database: Queryable, rows: readonly InstallationRow[]) {
  const ids = rows.map(({ id }) => id);
  const assignments = Map.groupBy(await assignmentsOf(database, ids), (a) => a.installation_id);
  const keys = Map.groupBy(await keysOf(database, ids), (key) => key.installation_id);
  const journals = Map.groupBy(await journalsOf(database, ids), (j) => j.installation_id);
  const suspended = new Map(
    (await runningSuspensions(database, ids)).map((s) => [s.installation_id, s]),
  );
  return rows.map((row) => {
    const own = assignments.get(row.id) ?? [];
    return {
      id: row.id,
      customer:
        own.findLast(({ subject, to_at: to }) => subject === "" && to === null)?.customer_id ??
        null,
      enrolled_at: formatInstant(row.enrolled_at),
      retired_at: textOrNull(row.retired_at),
      retired_reason: row.retired_reason,
      suspended: suspensionJson(suspended.get(row.id)),
      subject_routing: row.subject_routing,
      created_at: formatInstant(row.created_at),
      keys: (keys.get(row.id) ?? []).map(keyJson),
      assignments: own.map(assignmentJson),
      journals: journals.get(row.id)?.length ?? 0,
    };
  });
}

function suspensionJson(row: SuspensionRow | undefined) {
  if (row === undefined) return null;
  return { from: formatInstant(row.from_at), reason: row.reason, by: row.suspended_by };
}

function keyJson(key: InstallationKeyRow) {
  return {
    number: key.number,
    state: key.state,
    compromised_from: textOrNull(key.compromised_from),
    created_at: formatInstant(key.created_at),
    state_changed_at: formatInstant(key.state_changed_at),
  };
}

function assignmentJson(assignment: AssignmentRow) {
  return {
    subject: assignment.subject,
    customer: assignment.customer_id,
    from: formatInstant(assignment.from_at),
    to: textOrNull(assignment.to_at),
  };
}
