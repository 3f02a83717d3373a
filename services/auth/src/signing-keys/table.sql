-- Not a projection: the keys are no facts but secrets. The routes role cannot read this table.
create table signing_key (
  kid text primary key,
  public_jwk jsonb not null,
  -- AES-256-GCM under a key derived from AUTH_SECRET, bound to the kid.
  private_jwk_sealed bytea not null,
  -- Published before, so that every verifier knows it by then.
  signs_from timestamptz not null,
  created_at timestamptz not null default clock_timestamp()
);
