/** Installations: enrol, assign by date, retire by date. Every effective instant snaps to its UTC hour. */

import { formatInstant, hourFloor, type Instant } from "@submeter/shared/time/instant";
import { audit } from "../store/audit.ts";
import { findCustomer } from "../store/customers.ts";
import type { Queryable } from "../store/database.ts";
import {
  type AssignmentRow,
  assignmentsOf,
  bumpStateRevision,
  endAssignment,
  insertAssignment,
  insertInstallation,
  type InstallationRow,
  removeAssignments,
  retireInstallation,
} from "../store/installations.ts";
import { ClashError } from "./clash.ts";
import type { Actor, FleetContext } from "./fleet-context.ts";
import { type IssuedKey, issueKey } from "./keys.ts";
import { lockInstallation } from "./lock-order.ts";
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

/**
 * From `from` on the usage is `customer`'s; the assignment before it ends there. A mistake is mended in the same way: one
 * that begins at the same hour, and those that have not begun yet, are replaced. Throws `assignment_not_after`.
 */
export async function assign(
  context: FleetContext,
  actor: Actor,
  o: {
    installation: string;
    customer: string;
    from: Instant;
    subject: string;
    reason: string | null;
  },
): Promise<void> {
  const from = hourFloor(o.from);
  const now = context.clock.now();
  const { installation, subject, customer } = o;
  const change = { installation, from, reason: "installation assigned" };
  await context.database.transaction(async (transaction) => {
    const row = await lockedInstallation(transaction, installation, [customer]);
    await assertCustomer(transaction, customer);
    if (from < row.enrolled_at) throw notAfter("the installation's enrolment", row.enrolled_at);
    const own = (await assignmentsOf(transaction, [installation])).filter(
      (one) => one.subject === subject,
    );
    const replaced = own.filter((one) => one.from_at >= from);
    const begun = replaced.findLast((one) => one.from_at <= now && one.from_at !== from);
    if (begun !== undefined) throw notAfter("the assignment that it follows", begun.from_at);
    // Whose it was is known by what is about to be replaced: what was booked for him is computed again, too.
    if (replaced.length > 0) await context.onChange(transaction, change);
    await removeAssignments(transaction, replaced);
    const latest = own.findLast((one) => one.from_at < from);
    if (latest !== undefined && (latest.to_at ?? from) >= from) {
      await endAssignment(transaction, latest, from);
    }
    await insertAssignment(transaction, { installation, subject, customer, from });
    await bumpStateRevision(transaction, installation);
    await context.onChange(transaction, change);
    await audit(transaction, {
      at: now,
      who: actor.name,
      action: "installation.assigned",
      subject: `installation:${installation}`,
      reason: o.reason,
      before: before(latest, replaced),
      after: { customer, subject, from: formatInstant(from) },
    });
  });
}

function before(latest: AssignmentRow | undefined, replaced: readonly AssignmentRow[]) {
  if (latest === undefined && replaced.length === 0) return null;
  return {
    customer: latest?.customer_id ?? null,
    ...(replaced.length > 0 && {
      replaced: replaced.map((one) => ({
        customer: one.customer_id,
        from: formatInstant(one.from_at),
      })),
    }),
  };
}

/**
 * Its hours are expected up to `at`, which may lie in the past; its keys stay valid, so that a backlog can come. Null takes
 * a retirement back. Throws `not_retired`.
 */
export async function retire(
  context: FleetContext,
  actor: Actor,
  o: { installation: string; at: Instant | null; reason: string },
): Promise<InstallationRow> {
  const at = o.at === null ? null : hourFloor(o.at);
  const { installation } = o;
  return context.database.transaction(async (transaction) => {
    const before = await lockedInstallation(transaction, installation);
    await retireInstallation(transaction, installation, at, o.reason);
    const from = earliestRetirement(at, before.retired_at, installation);
    const reason = at === null ? "installation reinstated" : "installation retired";
    await context.onChange(transaction, { installation, from, reason });
    await audit(transaction, {
      at: context.clock.now(),
      who: actor.name,
      action: at === null ? "installation.reinstated" : "installation.retired",
      subject: `installation:${installation}`,
      reason: o.reason,
      before: { retired_at: before.retired_at && formatInstant(before.retired_at) },
      after: { retired_at: at && formatInstant(at) },
    });
    return lockedInstallation(transaction, installation);
  });
}

/** From where on hours may be expected otherwise than before. Throws `not_retired`. */
export function earliestRetirement(
  after: Instant | null,
  before: Instant | null,
  what: string,
): Instant {
  if (after === null && before === null) throw notRetired(what);
  return Math.min(after ?? Infinity, before ?? Infinity);
}

function notRetired(what: string): ClashError {
  return new ClashError(
    "not_retired",
    `${what} is not retired: there is nothing to take back`,
    "see it with `submeter installations show` or `submeter journals list`",
  );
}

async function lockedInstallation(
  transaction: Queryable,
  id: string,
  customers: readonly string[] = [],
): Promise<InstallationRow> {
  const row = await lockInstallation(transaction, id, customers);
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
    "give that hour to replace it, or a later one; what was assigned before is a matter of record",
  );
}
