create table link_list (
  tenant_id text not null,
  id text not null,
  asset_id text not null,
  owner_id text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  downloads_max integer,
  downloads integer not null,
  -- The link stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index link_list_of_asset on link_list (tenant_id, asset_id, id);

alter table link_list enable row level security;
create policy tenant on link_list
  using (tenant_id = current_setting('app.tenant', true));
