-- What customers attested in their reports (x.shutdowns): not in use from … until …; hours of an accepted one are excused.

create table shutdowns (
  installation_id text not null references installations (id),
  id bigint generated always as identity,
  -- The report that said it, and its place there.
  journal uuid not null,
  sequence integer not null,
  position integer not null,
  from_at timestamptz not null,
  -- As from_at: what was attested from there before is taken back.
  until_at timestamptz not null check (until_at >= from_at),
  reason text not null,
  -- Who attested it, where that was said.
  stated_by text,
  -- By the agent's clock.
  stated_at timestamptz not null,
  recorded_at timestamptz not null,
  -- `replaced`: the same journal said something else of the same beginning later.
  status text not null check (status in ('waiting', 'accepted', 'rejected', 'replaced')),
  decided_at timestamptz,
  decided_by text,
  decision_reason text,
  primary key (installation_id, id),
  unique (installation_id, journal, sequence, position)
);

create index shutdowns_accepted on shutdowns (installation_id) where status = 'accepted';
create index shutdowns_by_time on shutdowns (recorded_at desc);
