-- What a late report says beyond its own hours, and what an estimate rests on before its own period.

-- From this hour on the report's recording or decision may change what hours are, although it neither covers them nor
-- counts in them: where the silence before it ends, where its journal begins, closes or is replaced. Null: only its own.
alter table reports add column restates_from timestamptz;

-- Where the newest statement's evidence begins, when that is before the period: the history of an estimate.
alter table periods add column rests_on_from timestamptz;
