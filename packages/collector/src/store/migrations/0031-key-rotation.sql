-- Rotating what everything else rests on: the master key, and the collector's own Ed25519 key.

-- Which master key is which. The newest one seals; a process may hold one that is not here yet, for a rotation to come.
create table master_keys (
  version integer primary key check (version > 0),
  -- HMAC-SHA-256 of a fixed text under the key: tells keys apart, and nothing of them.
  fingerprint text not null unique,
  created_at timestamptz not null
);

-- `announced`: told to agents, signs nothing yet. `compromised`: signs nothing and is told to nobody any more.
alter table collector_keys drop constraint collector_keys_state_check;
alter table collector_keys add constraint collector_keys_state_check
  check (state in ('announced', 'active', 'retired', 'compromised'));
alter table collector_keys add column retired_at timestamptz;

create unique index collector_keys_one_announced on collector_keys (state) where state = 'announced';
