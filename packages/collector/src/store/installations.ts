/** Installations and whose they are, by date. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Queryable } from "./database.ts";

export type InstallationRow = {
  id: string;
  enrolled_at: Instant;
  retired_at: Instant | null;
  retired_reason: string | null;
  subject_routing: boolean;
  state_revision: number;
  created_at: Instant;
};

export type AssignmentRow = {
  installation_id: string;
  subject: string;
  customer_id: string;
  from_at: Instant;
  to_at: Instant | null;
};

const columns =
  "id, enrolled_at, retired_at, retired_reason, subject_routing, state_revision, created_at";
const assignmentColumns = "installation_id, subject, customer_id, from_at, to_at";

/** False when the id is taken. */
export async function insertInstallation(
  transaction: Queryable,
  installation: { id: string; enrolledAt: Instant; subjectRouting: boolean },
  now: Instant,
): Promise<boolean> {
  const rows = await transaction.query(
    `insert into installations (id, enrolled_at, subject_routing, created_at)
     values ($1, to_timestamp($2), $3, to_timestamp($4)) on conflict do nothing returning id`,
    [installation.id, installation.enrolledAt, installation.subjectRouting, now],
  );
  return rows.length === 1;
}

export async function findInstallation(
  database: Queryable,
  id: string,
  lock = false,
): Promise<InstallationRow | null> {
  const rows = await database.query<InstallationRow>(
    `select ${columns} from installations where id = $1${lock ? " for no key update" : ""}`,
    [id],
  );
  return rows[0] ?? null;
}

export async function findInstallations(
  database: Queryable,
  ids: readonly string[],
): Promise<InstallationRow[]> {
  return database.query<InstallationRow>(
    `select ${columns} from installations where id = any($1)`,
    [ids],
  );
}

export async function listInstallations(
  database: Queryable,
  page: { after: string; limit: number; customer: string | null },
): Promise<InstallationRow[]> {
  return database.query<InstallationRow>(
    `select ${columns} from installations i
      where id > $1 and ($3::text is null or exists (
        select from assignments a where a.installation_id = i.id and a.customer_id = $3))
      order by id limit $2`,
    [page.after, page.limit, page.customer],
  );
}

export async function retireInstallation(
  transaction: Queryable,
  id: string,
  at: Instant | null,
  reason: string,
): Promise<void> {
  await transaction.query(
    `update installations set retired_at = to_timestamp($2), retired_reason = case when $2::float8 is null then null else $3 end,
            state_revision = state_revision + 1 where id = $1`,
    [id, at, reason],
  );
}

/** Agents learn from the revision that there is a new state to ask for. */
export async function bumpStateRevision(transaction: Queryable, id: string): Promise<void> {
  await transaction.query(
    "update installations set state_revision = state_revision + 1 where id = $1",
    [id],
  );
}

/** What a state tells of a contract concerns every installation that was ever its customer's. */
export async function bumpStateRevisionsOf(
  transaction: Queryable,
  customer: string,
): Promise<void> {
  await transaction.query(
    `with locked as (
       select id from installations
        where id in (select installation_id from assignments where customer_id = $1)
        order by id for no key update)
     update installations i set state_revision = i.state_revision + 1 from locked where i.id = locked.id`,
    [customer],
  );
}

/** Of one installation or of many, oldest first within a subject. */
export async function assignmentsOf(
  database: Queryable,
  installations: readonly string[],
): Promise<AssignmentRow[]> {
  return database.query<AssignmentRow>(
    `select ${assignmentColumns} from assignments where installation_id = any($1)
      order by installation_id, subject, from_at`,
    [installations],
  );
}

export async function insertAssignment(
  transaction: Queryable,
  assignment: { installation: string; subject: string; customer: string; from: Instant },
): Promise<void> {
  await transaction.query(
    `insert into assignments (installation_id, subject, customer_id, from_at)
     values ($1, $2, $3, to_timestamp($4))`,
    [assignment.installation, assignment.subject, assignment.customer, assignment.from],
  );
}

export async function removeAssignments(
  transaction: Queryable,
  assignments: readonly AssignmentRow[],
): Promise<void> {
  for (const one of assignments) {
    await transaction.query(
      `delete from assignments
        where installation_id = $1 and subject = $2 and from_at = to_timestamp($3)`,
      [one.installation_id, one.subject, one.from_at],
    );
  }
}

export async function endAssignment(
  transaction: Queryable,
  assignment: AssignmentRow,
  at: Instant,
): Promise<void> {
  await transaction.query(
    `update assignments set to_at = to_timestamp($4)
      where installation_id = $1 and subject = $2 and from_at = to_timestamp($3)`,
    [assignment.installation_id, assignment.subject, assignment.from_at, at],
  );
}
