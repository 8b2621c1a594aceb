-- The signed bytes of reports leave `reports` for partitions of a month of recording each: packed by the collector, exported
-- and dropped month by month, while metadata, receipt and the key that decides duplicates stay.

create function recorded_month(at timestamptz) returns date
  language sql immutable parallel safe
  return date_trunc('month', at at time zone 'UTC')::date;

create table report_bodies (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  -- The first day of the month, UTC, of the report's recorded_at.
  recorded_month date not null check (extract(day from recorded_month) = 1),
  -- How `packed` is to be unpacked: packages/collector/src/store/body-codec.ts knows every name ever written.
  codec text not null,
  -- signature-input, line feed, signature, line feed, and the body as it came.
  packed bytea not null,
  primary key (installation_id, journal, sequence, recorded_month)
) partition by range (recorded_month);

-- It is compressed already.
alter table report_bodies alter column packed set storage external;

-- Makes a month's partition unless it is there. Attaching, unlike creating it in place, stops nobody who writes or reads.
create function ensure_report_bodies(month date) returns void language plpgsql as $$
declare
  partition text := 'report_bodies_' || to_char(month, 'YYYY_MM');
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  -- One at a time. A lock on a table, unlike an advisory one, also shows what others made meanwhile.
  lock table report_bodies in share update exclusive mode;
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format('create table %I (like report_bodies including all)', partition);
  execute format('alter table report_bodies attach partition %I for values from (%L) to (%L)',
                 partition, month, (month + interval '1 month')::date);
end
$$;

select ensure_report_bodies(m.month) from (select distinct recorded_month(recorded_at) as month from reports) m;

insert into report_bodies (installation_id, journal, sequence, recorded_month, codec, packed)
select installation_id, journal, sequence, recorded_month(recorded_at), 'plain',
       convert_to(signature_input || E'\n' || signature || E'\n', 'UTF8') || body
  from reports;

alter table reports drop column body, drop column signature_input, drop column signature;
