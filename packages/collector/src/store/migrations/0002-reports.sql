-- What was received: reports with their receipts, evidence of conflicts, and the hourly sums that rating reads.

create table reports (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null check (sequence > 0),
  -- 64 lower-case hex, both.
  digest text not null,
  previous text,
  -- The key's number, and its state when the report came first.
  key_number text not null,
  outcome text not null check (outcome in ('accepted', 'quarantined', 'rejected')),
  code text,
  -- Of a quarantined report: what the operator (or time) decided. Of a rejected one: `refused` ends the waiting for it.
  decision text check (decision in ('accepted', 'refused')),
  decided_at timestamptz,
  decided_by text,
  decision_reason text,
  -- When a report of the future is released by itself.
  release_at timestamptz,
  sealed_at timestamptz,
  recorded_at timestamptz not null,
  -- The journal's revision when this row last changed.
  revision bigint not null,
  -- Half-open hull of the hours that this row's recording or decision concerns; null when none. Filling a hole
  -- makes the coverage behind it count, so the hull then takes in what lay behind.
  touched_from timestamptz,
  touched_to timestamptz,
  -- [[from, to], …] and [{name, heard: [[from, to], …]}, …] in Unix seconds; null when they could not be read.
  coverage jsonb,
  sources jsonb,
  -- Ends of the coverage; null when there is none.
  covered_from timestamptz,
  covered_to timestamptz,
  final boolean not null,
  lines integer not null,
  -- The signed bytes as they came, with the agent's three headers.
  body bytea not null,
  signature_input text not null,
  signature text not null,
  -- The receipt's bytes and its proof, returned alike for ever.
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  primary key (installation_id, journal, sequence),
  check ((decision is null) = (decided_at is null))
);

create index reports_by_revision on reports (installation_id, journal, revision);
create index reports_undecided on reports (installation_id, recorded_at)
  where outcome <> 'accepted' and decision is null;
create index reports_to_release on reports (release_at) where decision is null and release_at is not null;
create index reports_by_time on reports (recorded_at desc);

-- Evidence, never acceptable: the agent's re-seal carries these counts.
create table report_conflicts (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  digest text not null,
  previous text,
  stored_digest text,
  key_number text not null,
  code text not null,
  recorded_at timestamptz not null,
  body bytea not null,
  signature_input text not null,
  signature text not null,
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  primary key (installation_id, journal, sequence, digest)
);

-- Receipts that a better one replaced (a rejected report that was examined anew): both are kept.
create table replaced_receipts (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  digest text not null,
  outcome text not null,
  code text,
  replaced_at timestamptz not null,
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  primary key (installation_id, journal, sequence, digest, replaced_at)
);

-- Only what counts: accepted, or quarantined and accepted by decision. Sums add up, a max keeps its greatest.
create table usage_hourly (
  installation_id text not null,
  journal uuid not null,
  window_start timestamptz not null,
  meter text not null,
  -- JSON of the dimensions in code-point order of their names.
  dimensions text not null,
  -- The value of the dimension `subject`, '' without one.
  subject text not null default '',
  quantity numeric not null,
  primary key (installation_id, window_start, journal, meter, dimensions)
);
