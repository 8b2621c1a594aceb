-- When all of a fleet's states were looked at last, so that whoever reads a large fleet is told how old its counts are.
create table fleet_look (
  singleton boolean primary key default true check (singleton),
  looked_at timestamptz not null
);
