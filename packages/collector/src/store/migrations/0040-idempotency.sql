-- Writes that were asked for under a key: sent again, they are answered as before and have no second effect.

create table idempotency_keys (
  -- Whose key it is: `operator:<token>` or `customer:<token>`. Another caller's same key is another key.
  caller text not null,
  -- Method and path as declared, `POST /api/v1/customers`.
  operation text not null,
  key text not null,
  -- SHA-256 of address and body.
  request_digest bytea not null,
  claimed_at timestamptz not null,
  expires_at timestamptz not null,
  -- Null until it is answered. A secret that was shown once is not in the answer.
  status integer,
  answer text,
  shown_once boolean not null default false,
  primary key (caller, operation, key),
  check ((status is null) = (answer is null))
);

create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
