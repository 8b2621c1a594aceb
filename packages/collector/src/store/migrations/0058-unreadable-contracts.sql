-- A contract whose document cannot be read costs its own installations their terms, and nobody else's; a person is told.
alter table fleet_states add column unreadable_contract text;
create index fleet_states_unreadable on fleet_states (unreadable_contract) where unreadable_contract is not null;
