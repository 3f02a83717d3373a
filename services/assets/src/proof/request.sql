-- Proofs that an operator asked for, and what came of them.
create schema if not exists assets;

create table assets.proof_request (
  id uuid primary key,
  repair boolean not null,
  requested_at timestamptz not null default clock_timestamp(),
  -- The proof, or why there is none.
  report json,
  fault text,
  completed_at timestamptz
);

create index proof_request_open on assets.proof_request (requested_at) where completed_at is null;
