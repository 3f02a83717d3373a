create table closed_tenant_list (
  tenant_id text not null primary key,
  closed_at timestamptz not null
);

alter table closed_tenant_list enable row level security;
create policy tenant on closed_tenant_list
  using (tenant_id = current_setting('app.tenant', true));
