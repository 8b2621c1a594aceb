-- Who reports and who may ask: the collector itself, operators, customers, installations, keys, journals.

-- One row: which collector this is. A restored backup stays the same collector; a staging copy gets its own.
create table collector_identity (
  singleton boolean primary key default true check (singleton),
  collector uuid not null,
  created_at timestamptz not null
);

-- Ed25519 keys that receipts and states are proved with. `active` signs; `retired` is still announced to agents.
create table collector_keys (
  public_key text primary key,
  sealed_seed bytea not null,
  master_key_version integer not null,
  state text not null check (state in ('active', 'retired')),
  created_at timestamptz not null
);

create unique index collector_keys_one_active on collector_keys (state) where state = 'active';

create table operator_tokens (
  id text primary key,
  name text not null,
  role text not null check (role in ('owner', 'billing', 'read-only')),
  -- SHA-256 of the token; the token itself is shown once.
  digest bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create table customers (
  id text primary key,
  name text not null,
  email text,
  stripe_customer_id text,
  created_at timestamptz not null
);

create table installations (
  id text primary key,
  -- Whole hours, both.
  enrolled_at timestamptz not null,
  retired_at timestamptz,
  retired_reason text,
  -- True: usage is routed by its dimension `subject`; false: it is all the installation's own customer's.
  subject_routing boolean not null,
  -- Grows with what a state tells: keys, dates, assignments. Agents ask for a new state when it differs.
  state_revision integer not null default 1,
  created_at timestamptz not null
);

create table installation_keys (
  installation_id text not null references installations (id),
  number text not null,
  sealed bytea not null,
  master_key_version integer not null,
  state text not null check (state in ('active', 'verify-only', 'compromised', 'removed')),
  -- What is first received under it from then on is quarantined.
  compromised_from timestamptz check ((compromised_from is not null) = (state = 'compromised')),
  created_at timestamptz not null,
  state_changed_at timestamptz not null,
  primary key (installation_id, number)
);

-- Append-only: could the installation report at t? Silence while it could not is the vendor's.
create table installation_key_events (
  installation_id text not null,
  id bigint generated always as identity,
  number text not null,
  state text not null,
  at timestamptz not null,
  primary key (installation_id, id),
  foreign key (installation_id, number) references installation_keys (installation_id, number)
);

-- Whose usage it is, by date. subject '' is the installation's own customer. Whole hours; never overlapping.
create table assignments (
  installation_id text not null references installations (id),
  subject text not null default '',
  customer_id text not null references customers (id),
  from_at timestamptz not null,
  to_at timestamptz check (to_at > from_at),
  primary key (installation_id, subject, from_at)
);

create unique index assignments_one_running on assignments (installation_id, subject) where to_at is null;
create index assignments_by_customer on assignments (customer_id);

create table journals (
  installation_id text not null,
  journal uuid not null,
  -- From report 1; null until it has come. Pinned: proofs are held against it.
  public_key text,
  -- {journal, sequence, digest, reason} or null; alike in every report of the journal.
  replaces jsonb,
  first_recorded_at timestamptz not null,
  -- The newest of its reports by the collector's clock.
  last_recorded_at timestamptz not null,
  -- The start and end of accepted coverage; covered_through counts only reports up to `through`.
  first_covered_at timestamptz,
  covered_through timestamptz,
  -- Each of 1…through is stored as accepted, quarantined or rejected.
  through integer not null default 0,
  -- The greatest sequence stored: above `through` there is a hole.
  highest integer not null default 0,
  -- Grows by one with each report that is recorded or decided: the cut of a statement names it.
  revision bigint not null default 0,
  -- End of the coverage of its closing report, and that report's sequence.
  final_at timestamptz,
  final_sequence integer,
  retired_at timestamptz,
  retired_reason text,
  -- What the newest report said of the agent.
  agent_version text,
  clock_skew_ms bigint,
  backlog bigint,
  interval_seconds integer,
  primary key (installation_id, journal)
);

-- What each meter of an installation was first declared as; a report that says otherwise is held.
create table installation_meters (
  installation_id text not null,
  name text not null,
  unit text not null,
  aggregation text not null check (aggregation in ('sum', 'time_weighted', 'max')),
  scale integer not null,
  first_seen_at timestamptz not null,
  primary key (installation_id, name)
);

-- When the collector was accepting reports: one row for each uninterrupted run of one process, signed at each tick.
create table availability (
  instance uuid not null,
  started_at timestamptz not null,
  last_tick_at timestamptz not null check (last_tick_at >= started_at),
  -- Ed25519 over "submeter-availability\n<collector>\n<instance>\n<started_at>\n<last_tick_at>".
  public_key text not null,
  signature bytea not null,
  primary key (instance, started_at)
);

create index availability_by_time on availability (last_tick_at);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  action text not null,
  subject text not null,
  reason text,
  before jsonb,
  after jsonb
);

create index audit_log_by_subject on audit_log (subject, id);

create function refuse_rewriting() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;

create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function refuse_rewriting();
create trigger installation_key_events_append_only before update or delete on installation_key_events
  for each row execute function refuse_rewriting();
