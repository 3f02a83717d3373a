create table clone_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  instance_id text not null,
  publication_id text not null,
  slug text not null,
  status text not null,
  project_id text,
  error_code text,
  requested_at timestamptz not null,
  primary key (tenant_id, id)
);

create index clone_list_pending on clone_list (requested_at) where status = 'pending';

create index clone_list_publication on clone_list (tenant_id, publication_id)
  where status = 'pending';

alter table clone_list enable row level security;
create policy tenant on clone_list
  using (tenant_id = current_setting('app.tenant', true));
