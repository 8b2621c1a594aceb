-- A row for each window of a journal in place of one for each line: twelve lines of an hour had twelve wide keys, in the
-- table and in its index, and were most of what a report cost on disk and in time.

create table usage_windows (
  installation_id text not null,
  window_start timestamptz not null,
  journal uuid not null,
  -- Each 'quantity meter dimensions', as in '12.5 tokens {"model":"large"}'; one for each meter and dimension set.
  lines text[] not null,
  primary key (installation_id, window_start, journal)
);

insert into usage_windows (installation_id, window_start, journal, lines)
select installation_id, window_start, journal,
       array_agg(trim_scale(quantity) || ' ' || meter || ' ' || dimensions order by meter, dimensions)
  from usage_hourly group by installation_id, window_start, journal;

drop table usage_hourly;

-- The lines, one by one: what rating and every summary read.
create view usage_hourly as
select w.installation_id, w.journal, w.window_start,
       split_part(l.line, ' ', 2) as meter,
       substr(l.line, length(split_part(l.line, ' ', 1)) + length(split_part(l.line, ' ', 2)) + 3) as dimensions,
       -- Whom it belongs to where the installation serves many, '' without one.
       coalesce(substr(l.line, length(split_part(l.line, ' ', 1)) + length(split_part(l.line, ' ', 2)) + 3)::jsonb
                  ->> 'subject', '') as subject,
       split_part(l.line, ' ', 1)::numeric as quantity
  from usage_windows w cross join lateral unnest(w.lines) as l (line);
