-- What owners store. An asset is shown or not by what stands in all of these tables: see query.ts.

create table asset_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  instance_id text not null,
  name text not null,
  media_type text not null,
  size_bytes bigint not null,
  sha256 text not null,
  width integer,
  height integer,
  home text not null,
  status text not null,
  purge_at timestamptz,
  stored_at timestamptz not null,
  -- The storage stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index asset_list_newest on asset_list (tenant_id, owner_id, stored_at desc, id desc);
create index asset_list_of_instance on asset_list (tenant_id, instance_id);
create index asset_list_of_content on asset_list (tenant_id, sha256);
create index asset_list_due on asset_list (purge_at) where purge_at is not null;

create table instance_storage (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  status text not null,
  purge_at timestamptz,
  revision bigint not null,
  primary key (tenant_id, id)
);

create index instance_storage_of_owner on instance_storage (tenant_id, owner_id);
create index instance_storage_due on instance_storage (purge_at) where purge_at is not null;

create table project_storage (
  tenant_id text not null,
  id text not null,
  instance_id text not null,
  owner_id text not null,
  is_hidden boolean not null,
  revision bigint not null,
  primary key (tenant_id, id)
);

create table project_use (
  tenant_id text not null,
  project_id text not null,
  asset_id text not null,
  primary key (tenant_id, asset_id, project_id)
);

create index project_use_of_project on project_use (tenant_id, project_id);

create table space_reservation (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  expires_at timestamptz not null,
  revision bigint not null,
  primary key (tenant_id, id)
);

create index space_reservation_due on space_reservation (expires_at);

-- What an event brings for any of them.
create type library_row as (
  tenant_id text,
  id text,
  owner_id text,
  instance_id text,
  name text,
  media_type text,
  size_bytes bigint,
  sha256 text,
  width integer,
  height integer,
  home text,
  status text,
  purge_at timestamptz,
  stored_at timestamptz,
  project_id text,
  is_dropped boolean,
  is_hidden boolean,
  expires_at timestamptz,
  revision bigint
);

alter table asset_list enable row level security;
create policy tenant on asset_list
  using (tenant_id = current_setting('app.tenant', true));
alter table instance_storage enable row level security;
create policy tenant on instance_storage
  using (tenant_id = current_setting('app.tenant', true));
alter table project_storage enable row level security;
create policy tenant on project_storage
  using (tenant_id = current_setting('app.tenant', true));
alter table project_use enable row level security;
create policy tenant on project_use
  using (tenant_id = current_setting('app.tenant', true));
alter table space_reservation enable row level security;
create policy tenant on space_reservation
  using (tenant_id = current_setting('app.tenant', true));
