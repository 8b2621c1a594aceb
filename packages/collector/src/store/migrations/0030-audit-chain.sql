-- The audit log as a chain: each entry has the hash of the one before, over bytes that any program can write again.

alter table audit_log disable trigger audit_log_append_only;
-- Text, not jsonb, and whole seconds: the bytes that are hashed are the bytes that are kept.
alter table audit_log
  alter column before type text using before::text,
  alter column after type text using after::text,
  alter column at type timestamptz(0) using date_trunc('second', at);
alter table audit_log enable trigger audit_log_append_only;

create table audit_chain (
  -- 1, 2, 3, … without a gap: what was rolled back has none.
  number bigint primary key check (number > 0),
  entry bigint not null unique references audit_log (id),
  -- null for the first.
  previous text,
  hash text not null unique
);

-- One row: the newest link. Who chains locks it, so that two never name the same predecessor.
create table audit_head (
  singleton boolean primary key default true check (singleton),
  number bigint not null,
  hash text
);

insert into audit_head (number, hash) values (0, null);

-- Written, not chained yet.
create table audit_unchained (
  entry bigint primary key references audit_log (id)
);

-- A netstring: its length in bytes makes it clear where a value ends, whatever it holds. `-` is no value.
create function audit_field(value text) returns text language sql immutable as $$
  select case when value is null then '-,' else octet_length(convert_to(value, 'UTF8')) || ':' || value || ',' end
$$;

create function audit_hash(number bigint, previous text, entry audit_log) returns text language sql stable as $$
  select encode(sha256(convert_to(
    audit_field('submeter-audit-1') || audit_field(number::text) || audit_field(previous)
    || audit_field(to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    || audit_field(entry.who) || audit_field(entry.action) || audit_field(entry.subject)
    || audit_field(entry.reason) || audit_field(entry.before) || audit_field(entry.after), 'UTF8')), 'hex')
$$;

-- Chains what waits; answers how many entries that were.
create function chain_audit_entries() returns integer language plpgsql as $$
declare
  head audit_head;
  waiting audit_log;
  link text;
  chained integer := 0;
begin
  select * into head from audit_head for update;
  for waiting in
    select l.* from audit_unchained u join audit_log l on l.id = u.entry order by l.id
  loop
    link := audit_hash(head.number + 1, head.hash, waiting);
    insert into audit_chain (number, entry, previous, hash) values (head.number + 1, waiting.id, head.hash, link);
    delete from audit_unchained u where u.entry = waiting.id;
    head.number := head.number + 1;
    head.hash := link;
    chained := chained + 1;
  end loop;
  update audit_head set number = head.number, hash = head.hash where chained > 0;
  return chained;
end
$$;

create function remember_audit_entry() returns trigger language plpgsql as $$
begin
  insert into audit_unchained (entry) values (new.id);
  return null;
end
$$;

create trigger audit_log_remembered after insert on audit_log
  for each row execute function remember_audit_entry();

-- Deferred: the lock on the head is taken last, at the commit, by a transaction that waits for nothing after it. One
-- with a snapshot would see an old head; it leaves its entry to the next one.
create function chain_at_commit() returns trigger language plpgsql as $$
begin
  if current_setting('transaction_isolation') = 'read committed' then
    perform chain_audit_entries();
  end if;
  return null;
end
$$;

create constraint trigger audit_log_chained after insert on audit_log
  deferrable initially deferred for each row execute function chain_at_commit();

insert into audit_unchained (entry) select id from audit_log;
select chain_audit_entries();

create trigger audit_chain_append_only before update or delete on audit_chain
  for each row execute function refuse_rewriting();
create trigger audit_chain_no_truncate before truncate on audit_chain
  for each statement execute function refuse_rewriting();
create trigger audit_log_no_truncate before truncate on audit_log
  for each statement execute function refuse_rewriting();

create index audit_log_by_time on audit_log (at desc, id desc);
