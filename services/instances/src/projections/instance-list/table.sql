create table instance_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  name text not null,
  description text,
  status text not null,
  is_default boolean not null,
  version integer not null,
  created_at timestamptz not null,
  last_accessed_at timestamptz not null,
  deleted_at timestamptz,
  purge_at timestamptz,
  -- The owner stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index instance_list_by_use
  on instance_list (tenant_id, owner_id, status, last_accessed_at desc, id desc);

create index instance_list_due on instance_list (purge_at) where status = 'deleted';

alter table instance_list enable row level security;
create policy tenant on instance_list
  using (tenant_id = current_setting('app.tenant', true));
