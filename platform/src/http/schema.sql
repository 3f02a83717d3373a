-- What an Idempotency-Key stands for: the command that the first request became, written before it
-- runs, and its answer. Only the owner reaches it; routes know it by the HTTP kit alone.
create table platform.idempotency (
  tenant_id text not null,
  user_id text not null,
  route text not null,
  key text not null,
  body_hash bytea not null,
  command_id uuid not null,
  -- When the command was first received, as its events say it.
  at text not null,
  created_at timestamptz not null default clock_timestamp(),
  -- The run that is under way holds the lease; it lapses with the process that ran it.
  runner uuid not null,
  leased_until timestamptz not null,
  answer json,
  primary key (tenant_id, user_id, route, key)
);

create index idempotency_age on platform.idempotency (created_at);
