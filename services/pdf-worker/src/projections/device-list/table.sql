create table device_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  profile jsonb not null,
  version integer not null,
  -- The owner's stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

alter table device_list enable row level security;
create policy tenant on device_list
  using (tenant_id = current_setting('app.tenant', true));
