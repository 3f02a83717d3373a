-- Folders and files. What stands at the top has the parent 'top', a copy that is being built
-- 'copies', where no path leads.

create table file_entry (
  tenant_id text not null,
  id text not null,
  instance_id text not null,
  owner_id text not null,
  parent_id text not null,
  name text collate "C" not null,
  -- The rest are null for a folder.
  asset_id text,
  media_type text,
  size_bytes bigint,
  sha256 text,
  is_public boolean not null,
  metadata jsonb not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- The tree stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create unique index file_entry_place on file_entry (tenant_id, instance_id, parent_id, name);
create index file_entry_of_asset on file_entry (tenant_id, asset_id) where asset_id is not null;
create index file_entry_copies on file_entry (created_at) where parent_id = 'copies';

create table file_share (
  tenant_id text not null,
  entry_id text not null,
  instance_id text not null,
  user_id text not null,
  access text not null,
  expires_at timestamptz,
  shared_at timestamptz not null,
  primary key (tenant_id, entry_id, user_id)
);

create index file_share_of_user on file_share (tenant_id, user_id, shared_at desc, entry_id desc);

-- Assets that are in no file any more, until the storage was told.
create table file_release (
  tenant_id text not null,
  asset_id text not null,
  instance_id text not null,
  owner_id text not null,
  released_at timestamptz not null,
  primary key (tenant_id, asset_id)
);

create index file_release_due on file_release (released_at);

create type file_row as (
  tenant_id text,
  id text,
  instance_id text,
  owner_id text,
  parent_id text,
  name text,
  asset_id text,
  media_type text,
  size_bytes bigint,
  sha256 text,
  is_public boolean,
  metadata jsonb,
  user_id text,
  access text,
  expires_at timestamptz,
  at timestamptz,
  revision bigint
);

alter table file_entry enable row level security;
create policy tenant on file_entry
  using (tenant_id = current_setting('app.tenant', true));
alter table file_share enable row level security;
create policy tenant on file_share
  using (tenant_id = current_setting('app.tenant', true));
alter table file_release enable row level security;
create policy tenant on file_release
  using (tenant_id = current_setting('app.tenant', true));
