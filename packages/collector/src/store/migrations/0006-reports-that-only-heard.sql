-- Reports without coverage, rare ones: late windows, and what was heard where one report had no room for all of it.
create index reports_without_coverage on reports (installation_id, journal, sealed_at) where covered_from is null;
