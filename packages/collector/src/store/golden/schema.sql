create table assignments (
  installation_id text not null,
  subject text default ''::text not null,
  customer_id text not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone,
  constraint assignments_check CHECK ((to_at > from_at)),
  constraint assignments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint assignments_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installations(id),
  constraint assignments_pkey PRIMARY KEY (installation_id, subject, from_at)
);
CREATE INDEX assignments_by_customer ON public.assignments USING btree (customer_id);
CREATE UNIQUE INDEX assignments_one_running ON public.assignments USING btree (installation_id, subject) WHERE (to_at IS NULL);

create table audit_chain (
  number bigint not null,
  entry bigint not null,
  previous text,
  hash text not null,
  constraint audit_chain_entry_fkey FOREIGN KEY (entry) REFERENCES audit_log(id),
  constraint audit_chain_entry_key UNIQUE (entry),
  constraint audit_chain_hash_key UNIQUE (hash),
  constraint audit_chain_number_check CHECK ((number > 0)),
  constraint audit_chain_pkey PRIMARY KEY (number)
);
CREATE TRIGGER audit_chain_append_only BEFORE DELETE OR UPDATE ON public.audit_chain FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_chain_no_truncate BEFORE TRUNCATE ON public.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

create table audit_head (
  singleton boolean default true not null,
  number bigint not null,
  hash text,
  constraint audit_head_pkey PRIMARY KEY (singleton),
  constraint audit_head_singleton_check CHECK (singleton)
);

create table audit_log (
  id bigint generated always as identity not null,
  at timestamp(0) with time zone not null,
  who text not null,
  action text not null,
  subject text not null,
  reason text,
  before text,
  after text,
  constraint audit_log_chained TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_subject ON public.audit_log USING btree (subject, id);
CREATE INDEX audit_log_by_time ON public.audit_log USING btree (at DESC, id DESC);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE CONSTRAINT TRIGGER audit_log_chained AFTER INSERT ON public.audit_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_at_commit();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER audit_log_remembered AFTER INSERT ON public.audit_log FOR EACH ROW EXECUTE FUNCTION remember_audit_entry();

create table audit_unchained (
  entry bigint not null,
  constraint audit_unchained_entry_fkey FOREIGN KEY (entry) REFERENCES audit_log(id),
  constraint audit_unchained_pkey PRIMARY KEY (entry)
);

create table availability (
  instance uuid not null,
  started_at timestamp with time zone not null,
  last_tick_at timestamp with time zone not null,
  public_key text not null,
  signature bytea not null,
  constraint availability_check CHECK ((last_tick_at >= started_at)),
  constraint availability_pkey PRIMARY KEY (instance, started_at)
);
CREATE INDEX availability_by_time ON public.availability USING btree (last_tick_at);

create table close_schedule (
  contract_id text not null,
  look_at timestamp with time zone not null,
  constraint close_schedule_pkey PRIMARY KEY (contract_id)
);

create table collector_identity (
  singleton boolean default true not null,
  collector uuid not null,
  created_at timestamp with time zone not null,
  constraint collector_identity_pkey PRIMARY KEY (singleton),
  constraint collector_identity_singleton_check CHECK (singleton)
);

create table collector_keys (
  public_key text not null,
  sealed_seed bytea not null,
  master_key_version integer not null,
  state text not null,
  created_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  constraint collector_keys_pkey PRIMARY KEY (public_key),
  constraint collector_keys_state_check CHECK ((state = ANY (ARRAY['announced'::text, 'active'::text, 'retired'::text, 'compromised'::text])))
);
CREATE UNIQUE INDEX collector_keys_one_active ON public.collector_keys USING btree (state) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX collector_keys_one_announced ON public.collector_keys USING btree (state) WHERE (state = 'announced'::text);

create table contracts (
  id text not null,
  version integer not null,
  customer_id text not null,
  plan_id text not null,
  plan_version integer not null,
  document text not null,
  digest text not null,
  effective_from timestamp with time zone not null,
  term_from timestamp with time zone not null,
  term_to timestamp with time zone,
  reason text,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint contracts_check CHECK ((term_to >= term_from)),
  constraint contracts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint contracts_pkey PRIMARY KEY (id, version),
  constraint contracts_plan_id_plan_version_fkey FOREIGN KEY (plan_id, plan_version) REFERENCES plans(id, version),
  constraint contracts_version_check CHECK ((version > 0))
);
CREATE INDEX contracts_by_customer ON public.contracts USING btree (customer_id, id, version DESC);
CREATE TRIGGER contracts_append_only BEFORE DELETE OR UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

create table correction_credits (
  correction_id text not null,
  credit_note_id text not null,
  constraint correction_credits_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES corrections(id),
  constraint correction_credits_credit_note_id_fkey FOREIGN KEY (credit_note_id) REFERENCES credit_notes(id),
  constraint correction_credits_pkey PRIMARY KEY (correction_id, credit_note_id)
);

create table corrections (
  id text not null,
  contract_id text not null,
  customer_id text not null,
  scope text not null,
  period_from timestamp with time zone not null,
  of_invoice text not null,
  from_statement text not null,
  to_statement text not null,
  document jsonb not null,
  currency text not null,
  amount numeric not null,
  status text not null,
  status_reason text,
  invoice_id text,
  created_at timestamp with time zone not null,
  approved_by text,
  approved_at timestamp with time zone,
  decision_reason text,
  constraint corrections_amount_check CHECK ((amount <> (0)::numeric)),
  constraint corrections_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint corrections_from_statement_fkey FOREIGN KEY (from_statement) REFERENCES statements(id),
  constraint corrections_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint corrections_of_invoice_fkey FOREIGN KEY (of_invoice) REFERENCES invoices(id),
  constraint corrections_pkey PRIMARY KEY (id),
  constraint corrections_scope_check CHECK ((scope = ANY (ARRAY['opening'::text, 'period'::text]))),
  constraint corrections_status_check CHECK ((status = ANY (ARRAY['awaiting_approval'::text, 'ready'::text, 'carried'::text, 'invoiced'::text, 'credited'::text, 'dropped'::text, 'not_billed'::text]))),
  constraint corrections_to_statement_fkey FOREIGN KEY (to_statement) REFERENCES statements(id),
  constraint corrections_to_statement_key UNIQUE (to_statement)
);
CREATE INDEX corrections_open ON public.corrections USING btree (contract_id, scope, period_from) WHERE (status = ANY (ARRAY['awaiting_approval'::text, 'ready'::text, 'carried'::text]));

create table credit_notes (
  id text not null,
  customer_id text not null,
  contract_id text not null,
  scope text not null,
  period_from timestamp with time zone not null,
  invoice_id text not null,
  status text not null,
  currency text not null,
  total_minor bigint not null,
  document bytea not null,
  stripe_credit_note_id text,
  stripe_number text,
  stripe_total_minor bigint,
  push_attempts integer default 0 not null,
  next_push_at timestamp with time zone,
  last_error jsonb,
  frozen_at timestamp with time zone not null,
  finalized_at timestamp with time zone,
  constraint credit_notes_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint credit_notes_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices(id),
  constraint credit_notes_pkey PRIMARY KEY (id),
  constraint credit_notes_scope_check CHECK ((scope = ANY (ARRAY['opening'::text, 'period'::text]))),
  constraint credit_notes_status_check CHECK ((status = ANY (ARRAY['booked'::text, 'pushing'::text, 'finalized'::text, 'refused'::text, 'not_pushed'::text]))),
  constraint credit_notes_total_minor_check CHECK ((total_minor > 0))
);
CREATE INDEX credit_notes_by_invoice ON public.credit_notes USING btree (invoice_id);
CREATE INDEX credit_notes_to_push ON public.credit_notes USING btree (next_push_at) WHERE (status = ANY (ARRAY['booked'::text, 'pushing'::text]));

create table customer_roles (
  customer_id text default ''::text not null,
  name text not null,
  permissions text[] not null,
  own_dimension text default 'member'::text not null,
  constraint customer_roles_pkey PRIMARY KEY (customer_id, name)
);

create table customer_tokens (
  id text not null,
  customer_id text not null,
  name text not null,
  role text not null,
  member text,
  digest bytea not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint customer_tokens_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint customer_tokens_digest_key UNIQUE (digest),
  constraint customer_tokens_pkey PRIMARY KEY (id)
);
CREATE INDEX customer_tokens_by_customer ON public.customer_tokens USING btree (customer_id, id);

create table customers (
  id text not null,
  name text not null,
  email text,
  stripe_customer_id text,
  created_at timestamp with time zone not null,
  constraint customers_pkey PRIMARY KEY (id)
);

create table events (
  id text not null,
  key text not null,
  type text not null,
  happened_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  customer_id text,
  installation_id text,
  payload text not null,
  constraint events_key_key UNIQUE (key),
  constraint events_pkey PRIMARY KEY (id)
);
CREATE INDEX events_by_time ON public.events USING btree (recorded_at DESC, id DESC);
CREATE INDEX events_oldest_first ON public.events USING btree (recorded_at, id);

create table fleet_look (
  singleton boolean default true not null,
  looked_at timestamp with time zone not null,
  constraint fleet_look_pkey PRIMARY KEY (singleton),
  constraint fleet_look_singleton_check CHECK (singleton)
);

create table fleet_states (
  installation_id text not null,
  customer_id text,
  state text not null,
  rank smallint default 
CASE state
    WHEN 'forked'::text THEN 0
    WHEN 'offline'::text THEN 1
    WHEN 'late'::text THEN 2
    WHEN 'skewed'::text THEN 3
    WHEN 'never_reported'::text THEN 4
    WHEN 'reporting'::text THEN 5
    ELSE 6
END not null,
  since timestamp with time zone not null,
  last_covered timestamp with time zone,
  silent_from timestamp with time zone,
  silent_seconds bigint,
  fallback_from timestamp with time zone,
  journals_expected integer not null,
  journals_dead integer not null,
  backlog bigint,
  agent_version text,
  clock_skew_ms bigint,
  disk_free_bytes bigint,
  quarantined integer not null,
  next_at timestamp with time zone,
  revision bigint not null,
  refreshed_at timestamp with time zone not null,
  anomalies_through timestamp with time zone,
  unreadable_contract text,
  constraint fleet_states_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installations(id),
  constraint fleet_states_pkey PRIMARY KEY (installation_id),
  constraint fleet_states_state_check CHECK ((state = ANY (ARRAY['forked'::text, 'offline'::text, 'late'::text, 'skewed'::text, 'never_reported'::text, 'reporting'::text, 'retired'::text])))
);
CREATE INDEX fleet_states_by_customer ON public.fleet_states USING btree (customer_id, rank, installation_id);
CREATE INDEX fleet_states_due ON public.fleet_states USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX fleet_states_unreadable ON public.fleet_states USING btree (unreadable_contract) WHERE (unreadable_contract IS NOT NULL);
CREATE INDEX fleet_states_worst_first ON public.fleet_states USING btree (rank, installation_id);

create table idempotency_keys (
  caller text not null,
  operation text not null,
  key text not null,
  request_digest bytea not null,
  claimed_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  status integer,
  answer text,
  shown_once boolean default false not null,
  constraint idempotency_keys_check CHECK (((status IS NULL) = (answer IS NULL))),
  constraint idempotency_keys_pkey PRIMARY KEY (caller, operation, key)
);
CREATE INDEX idempotency_keys_by_expiry ON public.idempotency_keys USING btree (expires_at);

create table installation_key_events (
  installation_id text not null,
  id bigint generated always as identity not null,
  number text not null,
  state text not null,
  at timestamp with time zone not null,
  constraint installation_key_events_installation_id_number_fkey FOREIGN KEY (installation_id, number) REFERENCES installation_keys(installation_id, number),
  constraint installation_key_events_pkey PRIMARY KEY (installation_id, id)
);
CREATE TRIGGER installation_key_events_append_only BEFORE DELETE OR UPDATE ON public.installation_key_events FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

create table installation_keys (
  installation_id text not null,
  number text not null,
  sealed bytea not null,
  master_key_version integer not null,
  state text not null,
  compromised_from timestamp with time zone,
  created_at timestamp with time zone not null,
  state_changed_at timestamp with time zone not null,
  constraint installation_keys_check CHECK (((compromised_from IS NOT NULL) = (state = 'compromised'::text))),
  constraint installation_keys_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installations(id),
  constraint installation_keys_pkey PRIMARY KEY (installation_id, number),
  constraint installation_keys_state_check CHECK ((state = ANY (ARRAY['active'::text, 'verify-only'::text, 'compromised'::text, 'removed'::text])))
);

create table installation_meters (
  installation_id text not null,
  name text not null,
  unit text not null,
  aggregation text not null,
  scale integer not null,
  first_seen_at timestamp with time zone not null,
  constraint installation_meters_aggregation_check CHECK ((aggregation = ANY (ARRAY['sum'::text, 'time_weighted'::text, 'max'::text]))),
  constraint installation_meters_pkey PRIMARY KEY (installation_id, name)
);
CREATE INDEX installation_meters_of_peaks ON public.installation_meters USING btree (name) WHERE (aggregation = 'max'::text);

create table installations (
  id text not null,
  enrolled_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  retired_reason text,
  subject_routing boolean not null,
  state_revision integer default 1 not null,
  created_at timestamp with time zone not null,
  constraint installations_pkey PRIMARY KEY (id)
);

create table invoices (
  id text not null,
  customer_id text not null,
  contract_id text not null,
  period_from timestamp with time zone not null,
  period_to timestamp with time zone not null,
  sequence integer not null,
  kind text not null,
  statement_id text,
  status text not null,
  currency text not null,
  total_minor bigint not null,
  document bytea not null,
  digest text not null,
  lines_hash text not null,
  stripe_customer_id text,
  stripe_invoice_id text,
  stripe_number text,
  stripe_total_minor bigint,
  stripe_url text,
  push_attempts integer default 0 not null,
  next_push_at timestamp with time zone,
  last_error jsonb,
  frozen_at timestamp with time zone not null,
  finalized_at timestamp with time zone,
  constraint invoices_customer_id_contract_id_period_from_sequence_key UNIQUE (customer_id, contract_id, period_from, sequence),
  constraint invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint invoices_kind_check CHECK ((kind = ANY (ARRAY['opening'::text, 'period'::text, 'settlement'::text]))),
  constraint invoices_pkey PRIMARY KEY (id),
  constraint invoices_sequence_check CHECK ((sequence > 0)),
  constraint invoices_statement_id_fkey FOREIGN KEY (statement_id) REFERENCES statements(id),
  constraint invoices_status_check CHECK ((status = ANY (ARRAY['booked'::text, 'pushing'::text, 'finalized'::text, 'refused'::text, 'not_pushed'::text]))),
  constraint invoices_total_minor_check CHECK ((total_minor >= 0))
);
CREATE INDEX invoices_by_customer ON public.invoices USING btree (customer_id, frozen_at DESC, id);
CREATE INDEX invoices_to_push ON public.invoices USING btree (next_push_at) WHERE (status = ANY (ARRAY['booked'::text, 'pushing'::text]));
CREATE TRIGGER invoices_frozen BEFORE DELETE OR UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION keep_booked_invoice();

create table journals (
  installation_id text not null,
  journal uuid not null,
  public_key text,
  replaces jsonb,
  first_recorded_at timestamp with time zone not null,
  last_recorded_at timestamp with time zone not null,
  first_covered_at timestamp with time zone,
  covered_through timestamp with time zone,
  through integer default 0 not null,
  highest integer default 0 not null,
  revision bigint default 0 not null,
  final_at timestamp with time zone,
  final_sequence integer,
  retired_at timestamp with time zone,
  retired_reason text,
  agent_version text,
  clock_skew_ms bigint,
  backlog bigint,
  interval_seconds integer,
  disk_free_bytes bigint,
  constraint journals_pkey PRIMARY KEY (installation_id, journal)
);

create table master_keys (
  version integer not null,
  fingerprint text not null,
  created_at timestamp with time zone not null,
  constraint master_keys_fingerprint_key UNIQUE (fingerprint),
  constraint master_keys_pkey PRIMARY KEY (version),
  constraint master_keys_version_check CHECK ((version > 0))
);

create table offered_plans (
  plan_id text not null,
  offered_at timestamp with time zone not null,
  offered_by text not null,
  constraint offered_plans_pkey PRIMARY KEY (plan_id)
);

create table operator_tokens (
  id text not null,
  name text not null,
  role text not null,
  digest bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint operator_tokens_digest_key UNIQUE (digest),
  constraint operator_tokens_pkey PRIMARY KEY (id),
  constraint operator_tokens_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'billing'::text, 'read-only'::text])))
);

create table period_marks (
  contract_id text not null,
  scope text not null,
  period_from timestamp with time zone not null,
  reason text not null,
  marked_at timestamp with time zone not null,
  last_marked_at timestamp with time zone not null,
  constraint period_marks_contract_id_scope_period_from_fkey FOREIGN KEY (contract_id, scope, period_from) REFERENCES periods(contract_id, scope, period_from),
  constraint period_marks_pkey PRIMARY KEY (contract_id, scope, period_from, reason)
);

create table periods (
  contract_id text not null,
  scope text not null,
  period_from timestamp with time zone not null,
  period_to timestamp with time zone not null,
  customer_id text not null,
  closed_at timestamp with time zone not null,
  statement_number integer not null,
  settled_at timestamp with time zone,
  settled_by text,
  anchor timestamp with time zone,
  rests_on_from timestamp with time zone,
  constraint periods_check CHECK ((period_to > period_from)),
  constraint periods_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint periods_pkey PRIMARY KEY (contract_id, scope, period_from),
  constraint periods_scope_check CHECK ((scope = ANY (ARRAY['opening'::text, 'period'::text]))),
  constraint periods_settled_by_check CHECK ((settled_by = ANY (ARRAY['measured'::text, 'time'::text]))),
  constraint periods_statement_number_check CHECK ((statement_number > 0))
);
CREATE INDEX periods_by_customer ON public.periods USING btree (customer_id, period_to);
CREATE INDEX periods_unsettled ON public.periods USING btree (period_to) WHERE (settled_at IS NULL);

create table plans (
  id text not null,
  version integer not null,
  document text not null,
  digest text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint plans_pkey PRIMARY KEY (id, version),
  constraint plans_version_check CHECK ((version > 0))
);
CREATE TRIGGER plans_append_only BEFORE DELETE OR UPDATE ON public.plans FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

create table replaced_receipts (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  digest text not null,
  outcome text not null,
  code text,
  replaced_at timestamp with time zone not null,
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  constraint replaced_receipts_pkey PRIMARY KEY (installation_id, journal, sequence, digest, replaced_at)
);

create table report_bodies (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  recorded_month date not null,
  codec text not null,
  packed bytea not null,
  constraint report_bodies_pkey PRIMARY KEY (installation_id, journal, sequence, recorded_month),
  constraint report_bodies_recorded_month_check CHECK ((EXTRACT(day FROM recorded_month) = (1)::numeric))
) partition by RANGE (recorded_month);

create table report_conflicts (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  digest text not null,
  previous text,
  stored_digest text,
  key_number text not null,
  code text not null,
  recorded_at timestamp with time zone not null,
  body bytea not null,
  signature_input text not null,
  signature text not null,
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  constraint report_conflicts_pkey PRIMARY KEY (installation_id, journal, sequence, digest)
);

create table reports (
  installation_id text not null,
  journal uuid not null,
  sequence integer not null,
  digest text not null,
  previous text,
  key_number text not null,
  outcome text not null,
  code text,
  decision text,
  decided_at timestamp with time zone,
  decided_by text,
  decision_reason text,
  release_at timestamp with time zone,
  sealed_at timestamp with time zone,
  recorded_at timestamp with time zone not null,
  revision bigint not null,
  touched_from timestamp with time zone,
  touched_to timestamp with time zone,
  coverage jsonb,
  sources jsonb,
  covered_from timestamp with time zone,
  covered_to timestamp with time zone,
  final boolean not null,
  lines integer not null,
  receipt bytea not null,
  receipt_proof_input text not null,
  receipt_proof_signature text not null,
  restates_from timestamp with time zone,
  constraint reports_check CHECK (((decision IS NULL) = (decided_at IS NULL))),
  constraint reports_decision_check CHECK ((decision = ANY (ARRAY['accepted'::text, 'refused'::text]))),
  constraint reports_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'quarantined'::text, 'rejected'::text]))),
  constraint reports_pkey PRIMARY KEY (installation_id, journal, sequence),
  constraint reports_sequence_check CHECK ((sequence > 0))
);
CREATE INDEX reports_by_coverage ON public.reports USING btree (installation_id, journal, covered_to) WHERE (covered_to IS NOT NULL);
CREATE INDEX reports_by_revision ON public.reports USING btree (installation_id, journal, revision);
CREATE INDEX reports_by_time ON public.reports USING btree (recorded_at DESC);
CREATE INDEX reports_to_release ON public.reports USING btree (release_at) WHERE ((decision IS NULL) AND (release_at IS NOT NULL));
CREATE INDEX reports_undecided ON public.reports USING btree (installation_id, recorded_at) WHERE ((outcome <> 'accepted'::text) AND (decision IS NULL));
CREATE INDEX reports_without_coverage ON public.reports USING btree (installation_id, journal, sealed_at) WHERE (covered_from IS NULL);

create table shutdowns (
  installation_id text not null,
  id bigint generated always as identity not null,
  journal uuid not null,
  sequence integer not null,
  position integer not null,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone not null,
  reason text not null,
  stated_by text,
  stated_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  status text not null,
  decided_at timestamp with time zone,
  decided_by text,
  decision_reason text,
  constraint shutdowns_check CHECK ((until_at >= from_at)),
  constraint shutdowns_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installations(id),
  constraint shutdowns_installation_id_journal_sequence_position_key UNIQUE (installation_id, journal, sequence, "position"),
  constraint shutdowns_pkey PRIMARY KEY (installation_id, id),
  constraint shutdowns_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'accepted'::text, 'rejected'::text, 'replaced'::text])))
);
CREATE INDEX shutdowns_accepted ON public.shutdowns USING btree (installation_id) WHERE (status = 'accepted'::text);
CREATE INDEX shutdowns_by_time ON public.shutdowns USING btree (recorded_at DESC);

create table statements (
  id text not null,
  contract_id text not null,
  customer_id text not null,
  contract_version integer not null,
  scope text not null,
  period_from timestamp with time zone not null,
  period_to timestamp with time zone not null,
  number integer not null,
  basis text not null,
  provisional boolean not null,
  currency text not null,
  total numeric not null,
  inputs bytea not null,
  inputs_digest text not null,
  document bytea not null,
  digest text not null,
  cut jsonb not null,
  reasons jsonb not null,
  created_at timestamp with time zone not null,
  constraint statements_basis_check CHECK ((basis = ANY (ARRAY['measured'::text, 'measured_with_gaps'::text, 'fallback'::text]))),
  constraint statements_contract_id_contract_version_fkey FOREIGN KEY (contract_id, contract_version) REFERENCES contracts(id, version),
  constraint statements_contract_id_scope_period_from_number_key UNIQUE (contract_id, scope, period_from, number),
  constraint statements_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint statements_number_check CHECK ((number > 0)),
  constraint statements_pkey PRIMARY KEY (id),
  constraint statements_scope_check CHECK ((scope = ANY (ARRAY['opening'::text, 'period'::text])))
);
CREATE TRIGGER statements_append_only BEFORE DELETE OR UPDATE ON public.statements FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

create table suspensions (
  installation_id text not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone,
  reason text not null,
  suspended_by text not null,
  resumed_by text,
  resume_reason text,
  constraint suspensions_check CHECK ((to_at >= from_at)),
  constraint suspensions_installation_id_fkey FOREIGN KEY (installation_id) REFERENCES installations(id),
  constraint suspensions_pkey PRIMARY KEY (installation_id, from_at)
);
CREATE UNIQUE INDEX suspensions_one_running ON public.suspensions USING btree (installation_id) WHERE (to_at IS NULL);

create table threshold_looks (
  contract_id text not null,
  revision bigint not null,
  looked_at timestamp with time zone not null,
  constraint threshold_looks_pkey PRIMARY KEY (contract_id)
);

create table touch_cursors (
  installation_id text not null,
  journal uuid not null,
  revision bigint not null,
  constraint touch_cursors_pkey PRIMARY KEY (installation_id, journal)
);

create table usage_adjustments (
  id text not null,
  customer_id text not null,
  number integer not null,
  meter text not null,
  dimensions text not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  quantity numeric not null,
  reason text not null,
  status text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  decided_at timestamp with time zone,
  decided_by text,
  decision_reason text,
  constraint usage_adjustments_check CHECK ((to_at > from_at)),
  constraint usage_adjustments_check1 CHECK (((status = 'proposed'::text) = (decided_at IS NULL))),
  constraint usage_adjustments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id),
  constraint usage_adjustments_customer_id_number_key UNIQUE (customer_id, number),
  constraint usage_adjustments_number_check CHECK ((number > 0)),
  constraint usage_adjustments_pkey PRIMARY KEY (id),
  constraint usage_adjustments_quantity_check CHECK ((quantity <> (0)::numeric)),
  constraint usage_adjustments_status_check CHECK ((status = ANY (ARRAY['proposed'::text, 'approved'::text, 'rejected'::text])))
);
CREATE INDEX usage_adjustments_approved ON public.usage_adjustments USING btree (customer_id, from_at) WHERE (status = 'approved'::text);
CREATE INDEX usage_adjustments_proposed ON public.usage_adjustments USING btree (created_at) WHERE (status = 'proposed'::text);
CREATE TRIGGER usage_adjustments_kept BEFORE DELETE OR UPDATE ON public.usage_adjustments FOR EACH ROW EXECUTE FUNCTION keep_usage_adjustment();

create table usage_windows (
  installation_id text not null,
  window_start timestamp with time zone not null,
  journal uuid not null,
  lines text[] not null,
  constraint usage_windows_pkey PRIMARY KEY (installation_id, window_start, journal)
);

create table webhook_attempts (
  endpoint_id text not null,
  event_id text not null,
  number integer not null,
  at timestamp with time zone not null,
  status integer,
  detail text not null,
  milliseconds integer not null,
  constraint webhook_attempts_endpoint_id_event_id_fkey FOREIGN KEY (endpoint_id, event_id) REFERENCES webhook_deliveries(endpoint_id, event_id),
  constraint webhook_attempts_pkey PRIMARY KEY (endpoint_id, event_id, number)
);

create table webhook_deliveries (
  endpoint_id text not null,
  event_id text not null,
  status text not null,
  attempts integer default 0 not null,
  tries integer default 0 not null,
  next_at timestamp with time zone,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint webhook_deliveries_check CHECK (((status = 'pending'::text) = (next_at IS NOT NULL))),
  constraint webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id),
  constraint webhook_deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
  constraint webhook_deliveries_pkey PRIMARY KEY (endpoint_id, event_id),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (endpoint_id, next_at) WHERE (status = 'pending'::text);
CREATE INDEX webhook_deliveries_of_event ON public.webhook_deliveries USING btree (event_id);

create table webhook_endpoints (
  id text not null,
  url text not null,
  types text[] not null,
  description text not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  disabled_at timestamp with time zone,
  disabled_reason text,
  constraint webhook_endpoints_pkey PRIMARY KEY (id)
);

create table webhook_secrets (
  endpoint_id text not null,
  number integer not null,
  sealed bytea not null,
  master_key_version integer not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint webhook_secrets_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id),
  constraint webhook_secrets_number_check CHECK ((number > 0)),
  constraint webhook_secrets_pkey PRIMARY KEY (endpoint_id, number)
);

create view usage_hourly (installation_id text, journal uuid, window_start timestamp with time zone, meter text, dimensions text, subject text, quantity numeric);

CREATE OR REPLACE FUNCTION public.audit_field(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when value is null then '-,' else octet_length(convert_to(value, 'UTF8')) || ':' || value || ',' end
$function$;

CREATE OR REPLACE FUNCTION public.audit_hash(number bigint, previous text, entry audit_log)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select encode(sha256(convert_to(
    audit_field('submeter-audit-1') || audit_field(number::text) || audit_field(previous)
    || audit_field(to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    || audit_field(entry.who) || audit_field(entry.action) || audit_field(entry.subject)
    || audit_field(entry.reason) || audit_field(entry.before) || audit_field(entry.after), 'UTF8')), 'hex')
$function$;

CREATE OR REPLACE FUNCTION public.chain_at_commit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if current_setting('transaction_isolation') = 'read committed' then
    perform chain_audit_entries();
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.chain_audit_entries()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.ensure_report_bodies(month date)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.keep_booked_invoice()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' or (old.id, old.customer_id, old.contract_id, old.period_from, old.period_to, old.sequence, old.kind,
      old.statement_id, old.currency, old.total_minor, old.document, old.digest, old.lines_hash, old.frozen_at)
    is distinct from (new.id, new.customer_id, new.contract_id, new.period_from, new.period_to, new.sequence, new.kind,
      new.statement_id, new.currency, new.total_minor, new.document, new.digest, new.lines_hash, new.frozen_at) then
    raise exception 'a booked invoice never changes: what comes later is a correction';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.keep_usage_adjustment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.recorded_month(at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (date_trunc('month'::text, (at AT TIME ZONE 'UTC'::text)))::date;

CREATE OR REPLACE FUNCTION public.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name;
end
$function$;

CREATE OR REPLACE FUNCTION public.remember_audit_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into audit_unchained (entry) values (new.id);
  return null;
end
$function$;
