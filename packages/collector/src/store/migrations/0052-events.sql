-- Events: written by the transaction that causes them, delivered to whoever subscribed, each with its attempts.
create table events (
  id text primary key,
  key text not null unique,
  type text not null,
  happened_at timestamptz not null,
  recorded_at timestamptz not null,
  customer_id text,
  installation_id text,
  payload text not null
);
create index events_by_time on events (recorded_at desc, id desc);

create table webhook_endpoints (
  id text primary key,
  url text not null,
  types text[] not null,
  description text not null,
  created_at timestamptz not null,
  created_by text not null,
  disabled_at timestamptz,
  disabled_reason text
);

create table webhook_secrets (
  endpoint_id text not null references webhook_endpoints,
  number int not null check (number > 0),
  sealed bytea not null,
  master_key_version int not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (endpoint_id, number)
);

create table webhook_deliveries (
  endpoint_id text not null references webhook_endpoints,
  event_id text not null references events,
  status text not null check (status in ('pending', 'delivered', 'failed')),
  attempts int not null default 0,
  tries int not null default 0,
  next_at timestamptz,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (endpoint_id, event_id),
  check ((status = 'pending') = (next_at is not null))
);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_at) where status = 'pending';

create table webhook_attempts (
  endpoint_id text not null,
  event_id text not null,
  number int not null,
  at timestamptz not null,
  status int,
  detail text not null,
  milliseconds int not null,
  primary key (endpoint_id, event_id, number),
  foreign key (endpoint_id, event_id) references webhook_deliveries
);
