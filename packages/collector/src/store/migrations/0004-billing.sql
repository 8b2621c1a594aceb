-- What was billed: closed periods, their statements, invoices, corrections and credit notes.

create table periods (
  contract_id text not null,
  -- 'opening': only the fees in advance of the first period, billed when the term starts.
  scope text not null check (scope in ('opening', 'period')),
  period_from timestamptz not null,
  period_to timestamptz not null check (period_to > period_from),
  customer_id text not null references customers (id),
  closed_at timestamptz not null,
  -- The newest statement of this period.
  statement_number integer not null check (statement_number > 0),
  -- Set when nothing provisional is left: every hour counted or excused, or the time for settling is over.
  settled_at timestamptz,
  settled_by text check (settled_by in ('measured', 'time')),
  -- The hour that the cycle is counted from, where it is that of the first usage: frozen by the first close.
  anchor timestamptz,
  primary key (contract_id, scope, period_from)
);

create index periods_by_customer on periods (customer_id, period_to);
create index periods_unsettled on periods (period_to) where settled_at is null;

create table statements (
  id text primary key,
  contract_id text not null,
  customer_id text not null references customers (id),
  contract_version integer not null,
  scope text not null check (scope in ('opening', 'period')),
  period_from timestamptz not null,
  period_to timestamptz not null,
  number integer not null check (number > 0),
  basis text not null check (basis in ('measured', 'measured_with_gaps', 'fallback')),
  provisional boolean not null,
  currency text not null,
  total numeric not null,
  -- Canonical JSON, gzipped; inputs_digest is that of the JSON.
  inputs bytea not null,
  inputs_digest text not null,
  document bytea not null,
  digest text not null,
  -- [{installation, journal, through, revision}]: what the snapshot had seen of each journal.
  cut jsonb not null,
  -- Why it was computed: 'close', or what changed since the statement before.
  reasons jsonb not null,
  created_at timestamptz not null,
  unique (contract_id, scope, period_from, number),
  foreign key (contract_id, contract_version) references contracts (id, version)
);

create trigger statements_append_only before update or delete on statements
  for each row execute function refuse_rewriting();

create table invoices (
  id text primary key,
  customer_id text not null references customers (id),
  contract_id text not null,
  period_from timestamptz not null,
  period_to timestamptz not null,
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('opening', 'period', 'settlement')),
  -- null for a settlement after the contract's end: it carries corrections alone.
  statement_id text references statements (id),
  status text not null check (status in ('booked', 'pushing', 'finalized', 'refused', 'not_pushed')),
  currency text not null,
  total_minor bigint not null check (total_minor >= 0),
  document bytea not null,
  digest text not null,
  lines_hash text not null,
  stripe_customer_id text,
  stripe_invoice_id text,
  stripe_number text,
  stripe_total_minor bigint,
  stripe_url text,
  push_attempts integer not null default 0,
  next_push_at timestamptz,
  last_error jsonb,
  frozen_at timestamptz not null,
  finalized_at timestamptz,
  unique (customer_id, contract_id, period_from, sequence)
);

create index invoices_to_push on invoices (next_push_at) where status in ('booked', 'pushing');
create index invoices_by_customer on invoices (customer_id, frozen_at desc, id);

-- The outbox is the invoice itself: only what Stripe answered may change after booking.
create function keep_booked_invoice() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.id, old.customer_id, old.contract_id, old.period_from, old.period_to, old.sequence, old.kind,
      old.statement_id, old.currency, old.total_minor, old.document, old.digest, old.lines_hash, old.frozen_at)
    is distinct from (new.id, new.customer_id, new.contract_id, new.period_from, new.period_to, new.sequence, new.kind,
      new.statement_id, new.currency, new.total_minor, new.document, new.digest, new.lines_hash, new.frozen_at) then
    raise exception 'a booked invoice never changes: what comes later is a correction';
  end if;
  return new;
end
$$;

create trigger invoices_frozen before update or delete on invoices
  for each row execute function keep_booked_invoice();

create table credit_notes (
  id text primary key,
  customer_id text not null references customers (id),
  contract_id text not null,
  -- The period whose correction it is, and the invoice that it gives back from.
  scope text not null check (scope in ('opening', 'period')),
  period_from timestamptz not null,
  invoice_id text not null references invoices (id),
  status text not null check (status in ('booked', 'pushing', 'finalized', 'refused', 'not_pushed')),
  currency text not null,
  total_minor bigint not null check (total_minor > 0),
  document bytea not null,
  stripe_credit_note_id text,
  stripe_number text,
  stripe_total_minor bigint,
  push_attempts integer not null default 0,
  next_push_at timestamptz,
  last_error jsonb,
  frozen_at timestamptz not null,
  finalized_at timestamptz
);

create index credit_notes_to_push on credit_notes (next_push_at) where status in ('booked', 'pushing');
create index credit_notes_by_invoice on credit_notes (invoice_id);

create table corrections (
  id text primary key,
  contract_id text not null,
  customer_id text not null references customers (id),
  scope text not null check (scope in ('opening', 'period')),
  period_from timestamptz not null,
  of_invoice text not null references invoices (id),
  from_statement text not null references statements (id),
  to_statement text not null unique references statements (id),
  document jsonb not null,
  currency text not null,
  amount numeric not null check (amount <> 0),
  status text not null check (status in
    ('awaiting_approval', 'ready', 'carried', 'invoiced', 'credited', 'dropped', 'not_billed')),
  -- Why it waits, is carried or is not billed, in words.
  status_reason text,
  invoice_id text references invoices (id),
  created_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  decision_reason text
);

create index corrections_open on corrections (contract_id, scope, period_from)
  where status in ('awaiting_approval', 'ready', 'carried');

-- Which credit note settles which corrections; a decrease can be spread over several invoices.
create table correction_credits (
  correction_id text not null references corrections (id),
  credit_note_id text not null references credit_notes (id),
  primary key (correction_id, credit_note_id)
);

-- Reasons to compute a closed period again, until that was done.
create table period_marks (
  contract_id text not null,
  scope text not null,
  period_from timestamptz not null,
  reason text not null,
  marked_at timestamptz not null,
  last_marked_at timestamptz not null,
  primary key (contract_id, scope, period_from, reason),
  foreign key (contract_id, scope, period_from) references periods (contract_id, scope, period_from)
);

-- Up to which revision a journal's reports were turned into marks.
create table touch_cursors (
  installation_id text not null,
  journal uuid not null,
  revision bigint not null,
  primary key (installation_id, journal)
);

-- Before look_at nothing about the contract's open period can become due; absent: look now.
create table close_schedule (
  contract_id text primary key,
  look_at timestamptz not null
);

-- The hour states of a period read coverage by its time.
create index reports_by_coverage on reports (installation_id, journal, covered_to)
  where covered_to is not null;
