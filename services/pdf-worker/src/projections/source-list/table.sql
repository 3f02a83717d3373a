-- Projects and instances that are deleted: what was made from them is not shown.
create table hidden_source (
  tenant_id text not null,
  id text not null,
  removed boolean not null,
  primary key (tenant_id, id)
);

alter table hidden_source enable row level security;
create policy tenant on hidden_source
  using (tenant_id = current_setting('app.tenant', true));
