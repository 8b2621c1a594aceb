-- An operator's corrections of what was counted: proposed by one, approved by another, read by rating.
create table usage_adjustments (
  id text primary key,
  customer_id text not null references customers,
  number int not null check (number > 0),
  meter text not null,
  dimensions text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  quantity numeric not null check (quantity <> 0),
  reason text not null,
  status text not null check (status in ('proposed', 'approved', 'rejected')),
  created_at timestamptz not null,
  created_by text not null,
  decided_at timestamptz,
  decided_by text,
  decision_reason text,
  unique (customer_id, number),
  check (to_at > from_at),
  check ((status = 'proposed') = (decided_at is null))
);
create index usage_adjustments_approved on usage_adjustments (customer_id, from_at) where status = 'approved';
create index usage_adjustments_proposed on usage_adjustments (created_at) where status = 'proposed';

create function keep_usage_adjustment() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.status <> 'proposed'
    or (old.id, old.customer_id, old.number, old.meter, old.dimensions, old.from_at, old.to_at, old.quantity, old.reason,
        old.created_at, old.created_by)
      is distinct from (new.id, new.customer_id, new.number, new.meter, new.dimensions, new.from_at, new.to_at,
        new.quantity, new.reason, new.created_at, new.created_by) then
    raise exception 'an adjustment of usage never changes: propose another that takes it back';
  end if;
  return new;
end
$$;
create trigger usage_adjustments_kept before update or delete on usage_adjustments
  for each row execute function keep_usage_adjustment();
