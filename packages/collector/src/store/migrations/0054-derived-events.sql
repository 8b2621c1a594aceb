-- How far the scheduled work has looked for what is told of usage: each installation's days, each contract's quotas.
alter table fleet_states add column anomalies_through timestamptz;

create table threshold_looks (
  contract_id text primary key,
  revision bigint not null,
  looked_at timestamptz not null
);
