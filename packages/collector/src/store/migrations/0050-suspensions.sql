-- While an installation is suspended its reports are recorded like any other; only what its product may use changes.
create table suspensions (
  installation_id text not null references installations,
  from_at timestamptz not null,
  to_at timestamptz,
  reason text not null,
  suspended_by text not null,
  resumed_by text,
  resume_reason text,
  primary key (installation_id, from_at),
  check (to_at >= from_at)
);
create unique index suspensions_one_running on suspensions (installation_id) where to_at is null;
