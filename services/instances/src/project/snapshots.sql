-- Whole contents of some versions, so that reading one needs few patches. Derived from the events
-- and from the content table: what is lost here is made again when it is next missed.
create table project_snapshot (
  tenant_id text not null,
  project_id text not null,
  version integer not null,
  -- Of the state: one that an older or newer code wrote is passed over.
  shape integer not null,
  state jsonb not null,
  content bytea not null,
  written_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, project_id, version)
);

alter table project_snapshot enable row level security;
create policy tenant on project_snapshot
  using (tenant_id = current_setting('app.tenant', true));
