create table project_list (
  tenant_id text not null,
  id text not null,
  instance_id text not null,
  owner_id text not null,
  kind text not null,
  name text not null,
  description text,
  content_sha256 text not null,
  content_size_bytes integer not null,
  asset_ids jsonb not null,
  archived boolean not null,
  status text not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null,
  deleted_at timestamptz,
  purge_at timestamptz,
  -- The project stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index project_list_by_change
  on project_list (tenant_id, instance_id, status, updated_at desc, id desc);

create index project_list_due on project_list (purge_at) where status = 'deleted';

alter table project_list enable row level security;
create policy tenant on project_list
  using (tenant_id = current_setting('app.tenant', true));
