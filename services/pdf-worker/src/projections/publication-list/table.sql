create table publication_list (
  tenant_id text not null,
  id text not null,
  slug text not null,
  owner_id text not null,
  project_id text not null,
  instance_id text not null,
  title text not null,
  description text not null,
  author text not null,
  category text not null,
  device text not null,
  content_sha256 text not null,
  pages integer not null,
  assets jsonb not null,
  clone_count integer not null,
  published boolean not null,
  published_at timestamptz not null,
  -- The slug's stream's revision that was applied last: a redelivered event changes nothing.
  revision bigint not null,
  primary key (tenant_id, id)
);

create unique index publication_list_slug on publication_list (tenant_id, slug) where published;

create index publication_list_newest on publication_list (tenant_id, published_at desc, id desc)
  where published;

create index publication_list_retired on publication_list (published_at) where not published;

alter table publication_list enable row level security;
create policy tenant on publication_list
  using (tenant_id = current_setting('app.tenant', true));
