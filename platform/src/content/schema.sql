-- Content that is too large for an event, by its SHA-256: written before the event that names it,
-- never changed. Only the owner reaches it.
create table platform.content (
  tenant_id text not null,
  sha256 bytea not null check (length(sha256) = 32),
  body bytea not null,
  written_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, sha256)
);
