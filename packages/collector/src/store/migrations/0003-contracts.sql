-- What is agreed: plans and contracts, each version written once and never changed.

create table plans (
  id text not null,
  version integer not null check (version > 0),
  -- Text, not jsonb: the bytes that were agreed are the bytes that are rated and hashed.
  document text not null,
  digest text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (id, version)
);

create trigger plans_append_only before update or delete on plans
  for each row execute function refuse_rewriting();

-- A version rules the periods that start at or after effective_from; of several, the highest does.
-- The term of a contract is that of its highest version.
create table contracts (
  id text not null,
  version integer not null check (version > 0),
  customer_id text not null references customers (id),
  plan_id text not null,
  plan_version integer not null,
  document text not null,
  digest text not null,
  effective_from timestamptz not null,
  term_from timestamptz not null,
  -- null: until further notice.
  term_to timestamptz check (term_to >= term_from),
  -- Why this version exists, when a person said so (an amendment, an end).
  reason text,
  created_at timestamptz not null,
  created_by text not null,
  primary key (id, version),
  foreign key (plan_id, plan_version) references plans (id, version)
);

create index contracts_by_customer on contracts (customer_id, id, version desc);

create trigger contracts_append_only before update or delete on contracts
  for each row execute function refuse_rewriting();
