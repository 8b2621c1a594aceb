/** Installations: enrol, assign by date, retire by date. Every effective instant snaps to its UTC hour. */

import { formatInstant, hourFloor, type Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { findCustomer } from "../store/customers.ts";
import type { Queryable } from "../store/database.ts";
import {
  assignmentsOf,
  bumpStateRevision,
  endAssignment,
  findInstallation,
  insertAssignment,
  insertInstallation,
  type InstallationRow,
  retireInstallation,
} from "../store/installations.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { type IssuedKey, issueKey } from "./keys.ts";
import { customerUnknown, installationUnknown } from "./unknown.ts";

/** Makes the installation with its first key. Throws `installation_exists`, `customer_unknown`. */
export async function enrol(
  context: FleetContext,
  actor: Actor,
  o: { id: string; customer: string; enrolledAt: Instant; subjectRouting: boolean },
): Promise<IssuedKey> {
  const now = context.clock.now();
  const enrolledAt = hourFloor(o.enrolledAt);
  return context.database.transaction(async (transaction) => {
    await assertCustomer(transaction, o.customer);
    if (!(await insertInstallation(transaction, { ...o, enrolledAt }, now))) {
      throw new ClashError(
        "installation_exists",
        `there is an installation ${o.id} already`,
        "choose another id; a new key for the old one is made by `submeter keys rotate`",
      );
    }
    const assignment = { installation: o.id, subject: "", customer: o.customer, from: enrolledAt };
    await insertAssignment(transaction, assignment);
    const issued = await issueKey(transaction, context, o.id, now);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "installation.enrolled",
      subject: `installation:${o.id}`,
      after: {
        customer: o.customer,
        enrolled_at: formatInstant(enrolledAt),
        subject_routing: o.subjectRouting,
        key: issued.key,
      },
    });
    return issued;
  });
}

/** From `from` on the usage is `customer`'s; the assignment before it ends there. Throws `assignment_not_after`. */
export async function assign(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; customer: string; from: Instant; subject: string },
): Promise<void> {
  const from = hourFloor(o.from);
  const { installation, subject, customer } = o;
  await context.database.transaction(async (transaction) => {
    const row = await lockedInstallation(transaction, installation);
    await assertCustomer(transaction, customer);
    const all = await assignmentsOf(transaction, [installation]);
    const latest = all.filter((one) => one.subject === subject).at(-1);
    if (from < row.enrolled_at) throw notAfter("the installation's enrolment", row.enrolled_at);
    if (latest !== undefined && from <= latest.from_at) {
      throw notAfter("the assignment that it follows", latest.from_at);
    }
    if (latest?.to_at === null) await endAssignment(transaction, latest, from);
    await insertAssignment(transaction, { installation, subject, customer, from });
    await bumpStateRevision(transaction, installation);
    await context.onChange(transaction, { installation, from, reason: "installation assigned" });
    await audit(transaction, {
      at: context.clock.now(),
      who: actor.name,
      action: "installation.assigned",
      subject: `installation:${installation}`,
      before: latest === undefined ? null : { customer: latest.customer_id },
      after: { customer, subject, from: formatInstant(from) },
    });
  });
}

/** Its hours are expected up to `at`, which may lie in the past; its keys stay valid, so that a backlog can come. */
export async function retire(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; at: Instant; reason: string },
): Promise<InstallationRow> {
  const at = hourFloor(o.at);
  const { installation } = o;
  return context.database.transaction(async (transaction) => {
    const before = await lockedInstallation(transaction, installation);
    await retireInstallation(transaction, installation, at, o.reason);
    const from = Math.min(at, before.retired_at ?? at);
    await context.onChange(transaction, { installation, from, reason: "installation retired" });
    await audit(transaction, {
      at: context.clock.now(),
      who: actor.name,
      action: "installation.retired",
      subject: `installation:${installation}`,
      reason: o.reason,
      before: { retired_at: before.retired_at && formatInstant(before.retired_at) },
      after: { retired_at: formatInstant(at) },
    });
    return lockedInstallation(transaction, installation);
  });
}

async function lockedInstallation(transaction: Queryable, id: string): Promise<InstallationRow> {
  const row = await findInstallation(transaction, id, true);
  if (row === null) throw installationUnknown(id);
  return row;
}

async function assertCustomer(transaction: Queryable, id: string): Promise<void> {
  if ((await findCustomer(transaction, id)) === null) throw customerUnknown(id);
}

function notAfter(what: string, instant: Instant): ClashError {
  return new ClashError(
    "assignment_not_after",
    `an assignment must start after ${what} (${formatInstant(instant)})`,
    "give a later whole hour; what was assigned before is a matter of record",
  );
}
