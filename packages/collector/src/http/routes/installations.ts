/** `/api/v1/installations`: enrol, list, assign, retire, and their keys. */

import Type from "typebox";
import { formatInstant } from "@submeter/shared/time/instant";
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
import { operators } from "../api/access.ts";
import type { Api, ApiRoutes } from "../api/operation.ts";
import { instantOf, instantText, textOrNull } from "../instants.ts";
import { operatorOf } from "../operators.ts";
import { cursorKey, pageLimit, pageOf, pageQuery } from "../paging.ts";
import {
  enrolledShape,
  installationShape,
  issuedKeyShape,
  keyShape,
  retireBody,
} from "../shapes/installation.ts";
import {
  naming,
  newLabel,
  oneOf,
  pageShape,
  reasonText,
  shape,
  subjectText,
} from "../shapes/shape.ts";

const reads = { tag: "installations", access: operators("read-only") } as const;
const changes = { tag: "installations", access: operators("billing") } as const;
const byId = shape({ id: naming("installation") });
const byKey = shape({ id: naming("installation"), number: Type.String() });

const enrolBody = shape({
  id: newLabel("installation"),
  customer: newLabel("customer"),
  enrolled: instantText,
  subject_routing: Type.Optional(Type.Boolean()),
});
const assignBody = shape({
  customer: newLabel("customer"),
  from: instantText,
  subject: Type.Optional(subjectText),
  reason: Type.Optional(reasonText),
});
const revokeBody = shape({
  mode: oneOf("verify-only", "compromised", "removed"),
  reason: reasonText,
});
const listQuery = shape({ ...pageQuery, customer: Type.Optional(naming("customer")) });

const suspensions = [
  {
    verb: "suspend",
    act: suspend,
    summary: "Suspend an installation: its product is told, its usage still counts",
  },
  { verb: "resume", act: resume, summary: "Resume a suspended installation" },
] as const;

export function installationRoutes(context: FleetContext): ApiRoutes {
  return (api) => {
    readRoutes(api, context);
    changeRoutes(api, context);
    keyRoutes(api, context);
  };
}

function readRoutes(api: Api, { database }: FleetContext): void {
  api.get(
    "/installations",
    {
      ...reads,
      summary: "List installations",
      query: listQuery,
      answer: pageShape(installationShape),
    },
    async (request) => {
      const limit = pageLimit(request.query);
      const after = cursorKey(request.query, "text")?.[0] ?? "";
      const customer = request.query.customer ?? null;
      const rows = await listInstallations(database, { after, limit: limit + 1, customer });
      const page = pageOf(rows, limit, ({ id }) => [id]);
      return { items: await described(database, page.items), next: page.next };
    },
  );

  api.get(
    "/installations/:id",
    { ...reads, summary: "Show an installation", params: byId, answer: installationShape },
    async (request) => describedOne(database, request.params.id),
  );
}

function changeRoutes(api: Api, context: FleetContext): void {
  api.post(
    "/installations",
    {
      ...changes,
      summary: "Enrol an installation and make its first key",
      description: "The environment holds the key, which is shown this once.",
      body: enrolBody,
      answer: enrolledShape,
      status: 201,
    },
    async (request) => {
      const { id, customer, enrolled, subject_routing: subjectRouting = false } = request.body;
      const enrolledAt = instantOf(enrolled, "enrolled");
      const operator = operatorOf(request);
      const issued = await enrol(context, operator, { id, customer, enrolledAt, subjectRouting });
      return { installation: await describedOne(context.database, id), ...issued };
    },
  );

  api.post(
    "/installations/:id/assignments",
    {
      ...changes,
      summary: "Assign an installation, or a subject of it, to a customer from an hour on",
      description:
        "Replaces an assignment that begins at the same hour, and those that have not begun yet; what was booked is corrected.",
      params: byId,
      body: assignBody,
      answer: installationShape,
      status: 201,
    },
    async (request) => {
      const { id } = request.params;
      const { customer, subject = "", reason = null } = request.body;
      const from = instantOf(request.body.from, "from");
      const order = { installation: id, customer, from, subject, reason };
      await assign(context, operatorOf(request), order);
      return describedOne(context.database, id);
    },
  );

  api.post(
    "/installations/:id/retire",
    {
      ...changes,
      summary: "Retire an installation by date, or take that back",
      params: byId,
      body: retireBody,
      answer: installationShape,
    },
    async (request) => {
      const at = request.body.at === null ? null : instantOf(request.body.at, "at");
      const { id: installation } = request.params;
      const order = { installation, at, reason: request.body.reason };
      await retire(context, operatorOf(request), order);
      return describedOne(context.database, installation);
    },
  );

  for (const { verb, act, summary } of suspensions) {
    api.post(
      `/installations/:id/${verb}`,
      {
        ...changes,
        summary,
        params: byId,
        body: shape({ reason: reasonText }),
        answer: installationShape,
      },
      async (request) => {
        const { id } = request.params;
        const { reason } = request.body;
        await act(context, operatorOf(request), { installation: id, reason });
        return describedOne(context.database, id);
      },
    );
  }
}

function keyRoutes(api: Api, context: FleetContext): void {
  api.post(
    "/installations/:id/keys",
    {
      ...changes,
      summary: "Rotate an installation's key",
      description:
        "The environment holds the new key, which is shown this once. The active ones before it still verify.",
      params: byId,
      body: shape({
        keep_active: Type.Optional(Type.Boolean()),
        reason: Type.Optional(reasonText),
      }),
      answer: issuedKeyShape,
      status: 201,
    },
    async (request) =>
      rotateKey(context, operatorOf(request), {
        installation: request.params.id,
        keepActive: request.body.keep_active ?? false,
        reason: request.body.reason ?? null,
      }),
  );

  api.post(
    "/installations/:id/keys/:number/revoke",
    {
      ...changes,
      summary: "Take a key out of use",
      params: byKey,
      body: revokeBody,
      answer: keyShape,
    },
    async (request) => {
      const { id: installation, number } = request.params;
      const order = { installation, number, ...request.body };
      return keyJson(await revokeKey(context, operatorOf(request), order));
    },
  );
}

async function describedOne(database: Queryable, id: string) {
  const row = await findInstallation(database, id);
  const [installation] = row === null ? [] : await described(database, [row]);
  if (installation === undefined) throw installationUnknown(id);
  return installation;
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
