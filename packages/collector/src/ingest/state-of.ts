/** The state of an installation, fresh and signed: how far each journal has come, and what holds for it. */

import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { contentDigest } from "@submeter/shared/wire/digest";
import {
  joinSignatures,
  type SignatureHeaders,
  signProof,
  signSub,
} from "@submeter/shared/wire/document";
import { encodeState, type State } from "@submeter/shared/wire/state";
import type { Clock } from "@submeter/shared/time/clock";
import type { CollectorIdentity } from "../fleet/collector-identity.ts";
import { reportingOf } from "../fleet/reporting.ts";
import type { Database, Queryable } from "../store/database.ts";
import { findInstallation } from "../store/installations.ts";
import { journalsOf } from "../store/journals.ts";
import type { Signer } from "./keyring.ts";

export type StateContext = {
  readonly database: Database;
  readonly clock: Clock;
  readonly identity: CollectorIdentity;
  /** Hours, of the contract in force; null without one. */
  readonly reportDueHours: (
    database: Queryable,
    installation: string,
    now: Instant,
  ) => Promise<number | null>;
  /** What the contract of the installation's own customer lets it use, and the plan. */
  readonly terms: (
    database: Queryable,
    installation: string,
    now: Instant,
  ) => Promise<Pick<State, "entitlements" | "plan">>;
};

export type SignedState = { body: Uint8Array; headers: SignatureHeaders; revision: string };

/** What an agent is told where no contract says otherwise. */
export const reportDueHoursDefault = 72;

/** How a revision is written, in the state and in the hint beside a receipt. */
export function revisionText(stateRevision: number): string {
  return String(stateRevision);
}

export async function signedState(context: StateContext, key: Signer): Promise<SignedState> {
  // One snapshot: what is used and how far each journal has come are of the same instant.
  const snapshot = await context.database.transaction(
    (transaction) => stateOf(context, transaction, key.installation),
    { isolation: "repeatable read" },
  );
  // Keys that were announced meanwhile are told too; the revision that they came with makes the agent ask again.
  await context.identity.refresh?.();
  const { publicKeys, signer, stateSigner } = context.identity;
  const state = { ...snapshot, public_keys: [...publicKeys] };
  const body = encodeState(state);
  const digest = contentDigest(body);
  const common = { digest, tag: "submeter-state" as const, created: context.clock.now() };
  const sub = signSub({ ...common, key });
  const proof = signProof({ ...common, signer: stateSigner ?? signer });
  return { body, headers: joinSignatures(digest, [sub, proof]), revision: state.revision };
}

async function stateOf(context: StateContext, database: Queryable, id: string): Promise<State> {
  const { identity } = context;
  const now = context.clock.now();
  const installation = await findInstallation(database, id);
  if (installation === null) throw new RangeError("a key without its installation");
  const contracted = await context.reportDueHours(database, id, now);
  const hours = contracted ?? reportDueHoursDefault;
  const journals = await journalsOf(database, [id]);
  const { coveredThrough, fallbackAt } = await reportingOf(database, {
    installation: id,
    journals,
    retiredAt: installation.retired_at,
    reportDueSeconds: hours * 3600,
    now,
  });
  return {
    version: 1,
    collector: identity.collector,
    installation: id,
    revision: revisionText(installation.state_revision),
    issued_at: formatInstant(now),
    journals: journals.map(({ journal, through }) => ({ journal, through })),
    report_due_hours: hours,
    public_keys: [...identity.publicKeys],
    covered_through: coveredThrough === null ? null : formatInstant(coveredThrough),
    fallback_at: contracted !== null && fallbackAt !== null ? formatInstant(fallbackAt) : null,
    // Of an installation that serves many customers neither: the vendor runs it, and asks here for each of them.
    ...(installation.subject_routing ? {} : await context.terms(database, id, now)),
  };
}
