create table project_place (
  tenant_id text not null,
  project_id text not null,
  instance_id text not null,
  owner_id text not null,
  taken_at timestamptz not null,
  -- The project is there and needs its place.
  needed boolean not null,
  -- The position that was applied last: a redelivered event changes nothing.
  position bigint not null,
  primary key (tenant_id, project_id)
);

create index project_place_left on project_place (taken_at) where not needed;
create index project_place_left_of_owner on project_place (tenant_id, owner_id) where not needed;

alter table project_place enable row level security;
create policy tenant on project_place
  using (tenant_id = current_setting('app.tenant', true));
