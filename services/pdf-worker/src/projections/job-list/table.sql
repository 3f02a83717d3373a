create table job_list (
  tenant_id text not null,
  id text not null,
  owner_id text not null,
  batch_id text,
  project_id text,
  instance_id text,
  title text not null,
  device text not null,
  export text not null,
  strict boolean not null,
  deterministic boolean not null,
  status text not null,
  attempt integer not null,
  page integer not null,
  pages integer not null,
  result_id text,
  page_count integer,
  size_bytes bigint,
  sha256 text,
  cached boolean not null,
  diagnostics jsonb not null,
  error_code text,
  error_message text,
  limit_hit jsonb,
  requested_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz,
  expires_at timestamptz,
  expired boolean not null,
  -- Of the request in the store: who asked first is rendered first.
  position bigint not null,
  version integer not null,
  primary key (tenant_id, id)
);

create index job_list_newest on job_list (tenant_id, owner_id, requested_at desc, id desc);

create index job_list_batch on job_list (tenant_id, batch_id) where batch_id is not null;

create index job_list_project on job_list (tenant_id, project_id) where project_id is not null;

create index job_list_instance on job_list (tenant_id, instance_id)
  where instance_id is not null;

-- What is to be rendered: each owner's in the order in which it was asked for.
create index job_list_waiting on job_list (tenant_id, owner_id, position)
  where status in ('pending', 'processing');

create index job_list_expiring on job_list (expires_at)
  where status = 'completed' and not expired;

alter table job_list enable row level security;
create policy tenant on job_list
  using (tenant_id = current_setting('app.tenant', true));
