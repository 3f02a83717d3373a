-- The directory of tenants is data of the platform's own tenant, where its administrators are:
-- `tenant_id` is always `default`, and nobody of another tenant can read it.
create table tenant_list (
  tenant_id text not null,
  id text not null,
  name text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

alter table tenant_list enable row level security;
create policy tenant on tenant_list
  using (tenant_id = current_setting('app.tenant', true));
