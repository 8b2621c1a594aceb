-- Who of a customer may see and do what: roles are data, because vendors differ.

create table customer_roles (
  -- Empty: the vendor's own, for every customer that has none of this name.
  customer_id text not null default '',
  name text not null,
  permissions text[] not null,
  -- The dimension whose value says which member used it.
  own_dimension text not null default 'member',
  primary key (customer_id, name)
);

insert into customer_roles (name, permissions) values
  ('owner', '{usage:read,billing:read,contracts:read,members:manage,purchase,configure}'),
  ('admin', '{usage:read,billing:read,contracts:read,members:manage,purchase}'),
  ('viewer', '{usage:read}'),
  ('member', '{usage:read:own}');

create table customer_tokens (
  id text primary key,
  customer_id text not null references customers (id),
  name text not null,
  role text not null,
  -- As the usage names him in the role's dimension; null where the token is nobody's in particular.
  member text,
  digest bytea not null unique,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create index customer_tokens_by_customer on customer_tokens (customer_id, id);

-- Plans that customers may compare; a contract's own plan they see in any case.
create table offered_plans (
  plan_id text primary key,
  offered_at timestamptz not null,
  offered_by text not null
);
