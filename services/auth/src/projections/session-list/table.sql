create table session_list (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  device_name text not null,
  started_at timestamptz not null,
  -- Where the session's beginning lies in the log: a new password ends those that began before it.
  started_position bigint not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  -- The stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create index session_list_by_user
  on session_list (tenant_id, user_id, last_seen_at desc, id desc) where ended_at is null;

-- A session's status is asked without its tenant: ids are unique everywhere.
create unique index session_list_by_id on session_list (id);

alter table session_list enable row level security;
create policy tenant on session_list
  using (tenant_id = current_setting('app.tenant', true));
