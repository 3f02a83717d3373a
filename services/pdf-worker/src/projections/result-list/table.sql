-- The PDFs in the blob store whose bytes are not erased yet.
create table stored_result (
  tenant_id text not null,
  id text not null,
  -- Of the render that made it.
  job_id text not null,
  attempt integer not null,
  input_sha256 text not null,
  condemned boolean not null,
  stored_at timestamptz not null,
  primary key (tenant_id, id)
);

-- The newest PDF of an input.
create index stored_result_input
  on stored_result (tenant_id, input_sha256, stored_at desc) where not condemned;

create index stored_result_condemned on stored_result (stored_at) where condemned;

create table result_holder (
  tenant_id text not null,
  result_id text not null,
  job_id text not null,
  held_at timestamptz not null,
  primary key (tenant_id, result_id, job_id)
);

create index result_holder_age on result_holder (held_at);

alter table stored_result enable row level security;
create policy tenant on stored_result
  using (tenant_id = current_setting('app.tenant', true));
alter table result_holder enable row level security;
create policy tenant on result_holder
  using (tenant_id = current_setting('app.tenant', true));
