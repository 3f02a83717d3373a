-- Resumable uploads of which something is still to be done: neither finished nor cleared away.

create table upload_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  instance_id text not null,
  -- open, received, ended
  status text not null,
  expires_at timestamptz not null,
  -- When it came to this status.
  changed_at timestamptz not null,
  -- The upload stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index upload_list_due on upload_list (expires_at) where status = 'open';
create index upload_list_unfinished on upload_list (changed_at) where status <> 'open';
create index upload_list_of_instance on upload_list (tenant_id, instance_id);

alter table upload_list enable row level security;
create policy tenant on upload_list
  using (tenant_id = current_setting('app.tenant', true));
