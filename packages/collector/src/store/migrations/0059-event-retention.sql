-- Events leave after a while: what is looked for is the oldest, and what still refers to an event.
create index events_oldest_first on events (recorded_at, id);
create index webhook_deliveries_of_event on webhook_deliveries (event_id);
