/** The journal's tables, as numbered steps: a journal of any earlier version is brought forward when it is opened. */

import type { Database } from "./database.ts";
import { idsIntoPages } from "./ids-into-pages.ts";

/**
 * Times are whole Unix seconds, quantities canonical decimal text, digests 64 lower-case hex. Remembered event ids lie in
 * tables of their own, one an hour of arrival (`event-ids-tables.ts`), so that they can be dropped whole.
 */
export const schemaSteps: readonly (string | ((database: Database) => void))[] = [
  `
  -- Every journal this file has held; the greatest ordinal is the one that counts now.
  create table journals (
    ordinal integer primary key,
    journal text not null unique,
    seed blob not null,
    replaces text,
    made_at integer not null,
    last_sequence integer not null default 0,
    last_digest text,
    last_proof_day integer,
    final integer not null default 0 check (final in (0, 1))
  ) strict;

  -- Windows that the replaced journals had reported: what comes for them now is sealed apart.
  create table replaced_windows (window integer primary key) strict;

  -- What each meter was declared as: unit and aggregation of a name never change.
  create table meters (
    name text primary key,
    unit text not null,
    aggregation text not null,
    scale integer not null
  ) strict, without rowid;

  -- Totals that no report carries yet.
  create table counts (
    meter text not null,
    window integer not null,
    dimensions text not null,
    quantity text not null,
    primary key (meter, window, dimensions)
  ) strict, without rowid;

  -- When this journal was alive and counting, as far as no report says so yet.
  create table coverage (from_second integer primary key, to_second integer not null) strict;

  -- When each declared source was heard, as far as no report says so yet.
  create table heard (
    source text not null,
    from_second integer not null,
    to_second integer not null,
    primary key (source, from_second)
  ) strict, without rowid;

  create table id_hours (hour integer primary key, ids integer not null) strict;

  -- Sealed bytes, for ever as they are. waiting: to be sent (again); parked: rejected; superseded: re-sealed after a conflict.
  create table reports (
    journal text not null,
    sequence integer not null,
    sealed_at integer not null,
    digest text not null,
    body blob not null,
    proof text,
    state text not null check (state in ('waiting', 'delivered', 'parked', 'superseded')),
    receipted integer not null default 0 check (receipted in (0, 1)),
    primary key (journal, sequence)
  ) strict;
  create index reports_waiting on reports (journal, sequence) where state = 'waiting';
  create index reports_unreceipted on reports (journal, sequence) where receipted = 0;

  -- Every verified receipt, as it came.
  create table receipts (
    ordinal integer primary key,
    journal text not null,
    sequence integer not null,
    outcome text not null,
    code text,
    recorded_at integer not null,
    received_at integer not null,
    body blob not null,
    proof text not null
  ) strict;
  create index receipts_of_report on receipts (journal, sequence);

  -- What the agent knows of its collector and of itself, one value a name.
  create table knowledge (name text primary key, value text not null) strict, without rowid;
  `,
  `
  -- The last reading of each counter and gauge that others keep (OTLP, scraped pages).
  create table streams (
    stream text primary key,
    at text not null,
    value text not null,
    seen_at integer not null
  ) strict, without rowid;
  create index streams_seen on streams (seen_at);
  `,
  `
  -- Labels are written once, totals with every commit.
  create table lines (
    line integer primary key,
    meter text not null,
    window integer not null,
    dimensions text not null,
    unique (meter, window, dimensions)
  ) strict;
  create table totals (line integer primary key, quantity text not null) strict;
  insert into lines (meter, window, dimensions) select meter, window, dimensions from counts;
  insert into totals (line, quantity)
    select line, quantity from counts join lines using (meter, window, dimensions);
  drop table counts;
  `,
  idsIntoPages,
  `
  -- Shutdowns that the customer attested. sealed: a report carries it.
  create table shutdowns (
    from_second integer primary key,
    until_second integer not null check (until_second >= from_second),
    reason text not null,
    stated_by text,
    stated_at integer not null,
    sealed integer not null default 0 check (sealed in (0, 1))
  ) strict;

  -- A person keeps it back for review: it waits, and does not leave.
  alter table reports add column held integer not null default 0 check (held in (0, 1));
  `,
  `
  -- The receipt's other signature, made with the shared key of the request; null in receipts of an earlier version.
  alter table receipts add column sub text;

  -- How far the history was pruned: the last report that is gone, so that the chain behind it still proves what is left.
  alter table journals add column pruned_through integer not null default 0;
  alter table journals add column pruned_digest text;
  `,
  `
  -- A row's state lies behind its body: what asks for it must not walk through all that was ever sealed.
  create index reports_parked on reports (journal, sequence) where state = 'parked';
  create index reports_sealed on reports (sealed_at);
  `,
  `
  -- Whether a page of counters was read before stands among the last readings, and goes with them.
  delete from knowledge where name like 'scraped %';
  `,
];
