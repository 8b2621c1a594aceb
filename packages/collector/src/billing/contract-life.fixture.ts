/** A customer with a contract and installations, whose reports are put into the store as ingest records them. */

import { randomUUID } from "node:crypto";
import type { Clock } from "@submeter/shared/time/clock";
import {
  hourFloor,
  type Instant,
  parseInstant,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { pino } from "pino";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import type { Database } from "../store/database.ts";
import { findInvoice } from "../store/invoices.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { noPayments } from "../stripe/no-payments.ts";
import type { Payments } from "../stripe/payments.ts";
import { type BillingContext, billingLimitsDefault } from "./billing-context.ts";
import { closeNextPeriod } from "./close-period.ts";
import { setContract } from "./contracts.ts";
import { textOf } from "./document-bytes.ts";
import { markFleetChange } from "./mark-changes.ts";
import { addPlan } from "./plans.ts";

export type Life = {
  readonly context: BillingContext;
  readonly database: Database;
  moveTo(instant: string): void;
  close(): Promise<void>;
};

export const owner = { name: "test" };

/** The collector is up from 2025 on; see {@link outage}. */
export async function freshLife(
  start: string,
  options: { payments?: Payments; limits?: Partial<BillingContext["limits"]> } = {},
): Promise<Life> {
  const database = await freshDatabase();
  let now = parseInstant(start);
  const clock: Clock = { now: () => now, nowMs: () => now * 1000, monotonicMs: () => now * 1000 };
  await database.query(
    `insert into availability (instance, started_at, last_tick_at, public_key, signature)
     values ($1, '2024-01-01Z', '2035-01-01Z', 'test', '')`,
    [randomUUID()],
  );
  const context: BillingContext = {
    database,
    clock,
    payments: options.payments ?? noPayments,
    logger: pino({ level: "silent" }),
    limits: { ...billingLimitsDefault, correctionQuietSeconds: 0, ...options.limits },
  };
  return {
    context,
    database,
    moveTo: (instant) => {
      now = parseInstant(instant);
    },
    close: () => database.close(),
  };
}

/** The collector accepted no reports in [from, to). */
export async function outage(life: Life, from: string, to: string): Promise<void> {
  await life.database.query("delete from availability");
  await life.database.query(
    `insert into availability (instance, started_at, last_tick_at, public_key, signature) values
     ($1, '2024-01-01Z', $2, 'test', ''), ($1, $3, '2035-01-01Z', 'test', '')`,
    [randomUUID(), from, to],
  );
}

/** $0.01 a request. */
export const requestsPlan = {
  version: 1,
  id: "requests",
  currency: "USD",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
};

export function contractOf(customer: string, more: Record<string, unknown> = {}) {
  return {
    version: 1,
    id: customer,
    customer,
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    minimum: { amount: "1000" },
    fallback: "floor",
    ...more,
  };
}

export async function addCustomer(life: Life, id: string): Promise<void> {
  await life.database.query(
    `insert into customers (id, name, email, created_at) values ($1, $2, $3, '2025-12-01Z')`,
    [id, `${id} Inc.`, `billing@${id}.example`],
  );
}

/** The customer, the plan if need be, and the contract. */
export async function agree(
  life: Life,
  contract: ReturnType<typeof contractOf>,
  plan: unknown = requestsPlan,
): Promise<void> {
  await addCustomer(life, contract.customer);
  await addPlan(life.context, owner, plan);
  await setContract(life.context, owner, contract, {
    id: contract.id,
    effective: null,
    dryRun: false,
  });
}

export async function enrol(
  life: Life,
  installation: string,
  customer: string,
  at: string,
): Promise<void> {
  const { database } = life;
  await database.query(
    `insert into installations (id, enrolled_at, subject_routing, created_at) values ($1, $2, false, $2)`,
    [installation, at],
  );
  await database.query(
    `insert into assignments (installation_id, subject, customer_id, from_at) values ($1, '', $2, $3)`,
    [installation, customer, at],
  );
  await database.query(
    `insert into installation_keys (installation_id, number, sealed, master_key_version, state, created_at, state_changed_at)
     values ($1, '1', '', 1, 'active', '2024-01-01Z', '2024-01-01Z')`,
    [installation],
  );
  await database.query(
    `insert into installation_key_events (installation_id, number, state, at) values ($1, '1', 'active', '2024-01-01Z')`,
    [installation],
  );
}

/** As of an hour that may have passed, with the mark that the fleet leaves in the same transaction. */
export async function retire(life: Life, installation: string, at: string): Promise<void> {
  const change = { installation, from: parseInstant(at), reason: "installation retired" };
  await life.database.transaction(async (db) => {
    await db.query(
      `update installations set retired_at = $2, retired_reason = 'switched off' where id = $1`,
      [installation, at],
    );
    await markFleetChange(db, change, life.context.clock.now());
  });
}

export async function retireJournal(life: Life, of: JournalOf, at: string): Promise<void> {
  await life.database.query(
    `update journals set retired_at = $3, retired_reason = 'lost with its host'
     where installation_id = $1 and journal = $2`,
    [of.installation, of.journal, at],
  );
}

export type JournalOf = { readonly installation: string; readonly journal: string };

export function newJournal(installation: string): JournalOf {
  return { installation, journal: randomUUID() };
}

export type ReportOf = {
  readonly from: string;
  readonly to: string;
  /** Whole requests in the report, in its last hours one unit more where they do not divide. */
  readonly requests: number;
  /** Whose windows they are counted in, when not those of the coverage: late events. */
  readonly windows?: { readonly from: string; readonly to: string };
  readonly outcome?: "accepted" | "quarantined";
  readonly final?: boolean;
  readonly replaces?: string;
  /** Skips so many sequences before it: a hole. */
  readonly skip?: number;
  /** Fills a hole: this sequence. */
  readonly sequence?: number;
  readonly sources?: readonly { name: string; heard: readonly (readonly [string, string])[] }[];
};

/** All that recording needs: a whole collector's database and clock will do. */
export type Reporting = {
  readonly database: Database;
  readonly context: { readonly clock: Pick<Clock, "now"> };
};

/** Records one report at the clock's now, as ingest does: row, rollup, journal, one revision more. */
export async function report(life: Reporting, of: JournalOf, given: ReportOf): Promise<number> {
  const { database, context } = life;
  const now = context.clock.now();
  const [from, to] = [parseInstant(given.from), parseInstant(given.to)];
  const windows = given.windows ?? given;
  const [first, last] = [parseInstant(windows.from), parseInstant(windows.to)];
  const accepted = (given.outcome ?? "accepted") === "accepted";
  return database.transaction(async (db) => {
    await db.query(
      `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at, replaces)
       values ($1, $2, to_timestamp($3), to_timestamp($3), $4)
       on conflict (installation_id, journal) do update set last_recorded_at = excluded.last_recorded_at`,
      [
        of.installation,
        of.journal,
        now,
        given.replaces === undefined ? null : JSON.stringify({ journal: given.replaces }),
      ],
    );
    const journals = await db.query<{ highest: number; revision: bigint }>(
      `select highest, revision from journals where installation_id = $1 and journal = $2 for update`,
      [of.installation, of.journal],
    );
    const sequence = given.sequence ?? (journals[0]?.highest ?? 0) + 1 + (given.skip ?? 0);
    const revision = (journals[0]?.revision ?? 0n) + 1n;
    await db.query(
      `insert into reports (installation_id, journal, sequence, digest, key_number, outcome, sealed_at,
         recorded_at, revision, touched_from, touched_to, coverage, sources, covered_from, covered_to,
         final, lines, body, signature_input, signature, receipt, receipt_proof_input, receipt_proof_signature)
       values ($1, $2, $3, $4, '1', $5, to_timestamp($6), to_timestamp($6), $7, to_timestamp($13),
         to_timestamp($14), $10, $11, to_timestamp($8), to_timestamp($9), $12, 1, '', '', '', '', '', '')`,
      [
        of.installation,
        of.journal,
        sequence,
        String(sequence).padStart(64, "0"),
        given.outcome ?? "accepted",
        now,
        revision,
        from,
        to,
        JSON.stringify([[from, to]]),
        JSON.stringify(
          (given.sources ?? []).map(({ name, heard }) => ({
            name,
            heard: heard.map(([a, b]) => [parseInstant(a), parseInstant(b)]),
          })),
        ),
        given.final ?? false,
        Math.min(from, first),
        Math.max(to, last),
      ],
    );
    if (accepted) await count(db, of, given.requests, first, last);
    await advance(db, of, revision, given.final === true ? to : null);
    return sequence;
  });
}

/** The operator accepts a quarantined report after all. */
export async function accept(
  life: Life,
  of: JournalOf,
  sequence: number,
  requests: number,
): Promise<void> {
  const now = life.context.clock.now();
  await life.database.transaction(async (db) => {
    const rows = await db.query<{ revision: bigint; covered_from: Instant; covered_to: Instant }>(
      `select j.revision, r.covered_from, r.covered_to from journals j join reports r using (installation_id, journal)
       where installation_id = $1 and journal = $2 and r.sequence = $3`,
      [of.installation, of.journal, sequence],
    );
    const [row] = rows;
    if (row === undefined) throw new Error("no such report");
    await db.query(
      `update reports set decision = 'accepted', decided_at = to_timestamp($4), decided_by = 'test', revision = $5
       where installation_id = $1 and journal = $2 and sequence = $3`,
      [of.installation, of.journal, sequence, now, row.revision + 1n],
    );
    await count(db, of, requests, row.covered_from, row.covered_to);
    await advance(db, of, row.revision + 1n, null);
  });
}

type Db = Parameters<Parameters<Database["transaction"]>[0]>[0];

/** Spreads whole requests over the hours, the first ones getting what does not divide. */
async function count(db: Db, of: JournalOf, requests: number, from: Instant, to: Instant) {
  const first = hourFloor(from);
  const hours = Math.max(1, Math.ceil((to - first) / secondsPerHour));
  const windows = Array.from({ length: hours }, (_, index) => first + index * secondsPerHour);
  const each = Math.floor(requests / hours);
  const quantities = windows.map((_, index) => each + (index < requests - each * hours ? 1 : 0));
  const shown = windows.map((window, index) => ({ window, quantity: quantities[index] ?? 0 }));
  const lines = shown.filter(({ quantity }) => quantity > 0);
  await db.query(
    `insert into usage_hourly (installation_id, journal, window_start, meter, dimensions, quantity)
     select $1, $2, to_timestamp(w), 'requests', '{}', q from unnest($3::float8[], $4::numeric[]) as u (w, q)
     on conflict (installation_id, window_start, journal, meter, dimensions)
       do update set quantity = usage_hourly.quantity + excluded.quantity`,
    [
      of.installation,
      of.journal,
      lines.map(({ window }) => window),
      lines.map(({ quantity }) => quantity),
    ],
  );
}

async function advance(db: Db, of: JournalOf, revision: bigint, finalAt: Instant | null) {
  await db.query(
    `update journals j set revision = $3, final_at = coalesce(to_timestamp($4), final_at),
       highest = (select max(sequence) from reports r where r.installation_id = $1 and r.journal = $2),
       through = coalesce((select max(n) from (select sequence, row_number() over (order by sequence) as n
         from reports r where r.installation_id = $1 and r.journal = $2) s where s.sequence = s.n), 0)
     where installation_id = $1 and journal = $2`,
    [of.installation, of.journal, revision, finalAt],
  );
  await db.query(
    `update journals j set
       first_covered_at = (select min(covered_from) from reports r where r.installation_id = $1 and r.journal = $2
         and (outcome = 'accepted' or decision = 'accepted')),
       covered_through = (select max(covered_to) from reports r where r.installation_id = $1 and r.journal = $2
         and (outcome = 'accepted' or decision = 'accepted') and r.sequence <= j.through)
     where installation_id = $1 and journal = $2`,
    [of.installation, of.journal],
  );
}

/** What closing the contract's next period comes to at the clock's now. */
export async function closes(life: Life, contract: string): Promise<ClosedAs> {
  const outcome = await closeNextPeriod(life.context, contract, { acceptUnpriced: false });
  if (outcome.kind !== "closed") return { state: outcome.kind };
  const invoice = await findInvoice(life.database, outcome.invoice);
  if (invoice === null) throw new Error("the invoice is gone");
  const document = JSON.parse(textOf(invoice.document)) as InvoiceDocument;
  return {
    state: "closed",
    invoice: invoice.id,
    basis: document.statement?.basis ?? null,
    provisional: document.statement?.provisional ?? false,
    total: document.total,
    hours: document.statement?.hours.text ?? null,
  };
}

export type ClosedAs =
  | { readonly state: "waiting" | "nothing" }
  | {
      readonly state: "closed";
      readonly invoice: string;
      readonly basis: string | null;
      readonly provisional: boolean;
      readonly total: string;
      readonly hours: string | null;
    };

/** Everything that became of the contract's corrections, oldest first: `[amount, status]`. */
export async function corrections(life: Life, contract: string): Promise<[string, string][]> {
  const rows = await life.database.query<{ amount: string; status: string }>(
    "select amount, status from corrections where contract_id = $1 order by created_at, id",
    [contract],
  );
  return rows.map(({ amount, status }) => [amount, status]);
}
