-- The state of each installation as it was found last, so that a large fleet is filtered, counted and paged by SQL, and
-- what it turns into is told once. A row is found anew when its reports, its keys or its terms change, or at next_at.
alter table journals add column disk_free_bytes bigint;

create table fleet_states (
  installation_id text primary key references installations,
  customer_id text,
  state text not null
    check (state in ('forked', 'offline', 'late', 'skewed', 'never_reported', 'reporting', 'retired')),
  rank smallint not null generated always as (case state when 'forked' then 0 when 'offline' then 1 when 'late' then 2
    when 'skewed' then 3 when 'never_reported' then 4 when 'reporting' then 5 else 6 end) stored,
  since timestamptz not null,
  last_covered timestamptz,
  silent_from timestamptz,
  silent_seconds bigint,
  fallback_from timestamptz,
  journals_expected int not null,
  journals_dead int not null,
  backlog bigint,
  agent_version text,
  clock_skew_ms bigint,
  disk_free_bytes bigint,
  quarantined int not null,
  next_at timestamptz,
  revision bigint not null,
  refreshed_at timestamptz not null
);
create index fleet_states_worst_first on fleet_states (rank, installation_id);
create index fleet_states_by_customer on fleet_states (customer_id, rank, installation_id);
create index fleet_states_due on fleet_states (next_at) where next_at is not null;
