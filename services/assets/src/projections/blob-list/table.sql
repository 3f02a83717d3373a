-- The bytes that can be read, who holds them, and what is still to be removed.

create table blob (
  tenant_id text not null,
  sha256 text not null,
  key text not null,
  size_bytes bigint not null,
  primary key (tenant_id, sha256)
);

create table blob_holder (
  tenant_id text not null,
  sha256 text not null,
  asset_id text not null,
  owner_id text not null,
  reservation_id text not null,
  primary key (tenant_id, asset_id, sha256)
);

create table blob_variant (
  tenant_id text not null,
  sha256 text not null,
  variant text not null,
  key text not null,
  media_type text not null,
  size_bytes bigint not null,
  stored_at timestamptz not null,
  primary key (tenant_id, sha256, variant)
);

create index blob_variant_oldest on blob_variant (stored_at);

create table condemned_blob (
  tenant_id text not null,
  sha256 text not null,
  key text not null,
  primary key (tenant_id, sha256, key)
);

create type blob_row as (
  tenant_id text,
  sha256 text,
  key text,
  size_bytes bigint,
  asset_id text,
  owner_id text,
  reservation_id text,
  variant text,
  media_type text,
  stored_at timestamptz
);

alter table blob enable row level security;
create policy tenant on blob
  using (tenant_id = current_setting('app.tenant', true));
alter table blob_holder enable row level security;
create policy tenant on blob_holder
  using (tenant_id = current_setting('app.tenant', true));
alter table blob_variant enable row level security;
create policy tenant on blob_variant
  using (tenant_id = current_setting('app.tenant', true));
alter table condemned_blob enable row level security;
create policy tenant on condemned_blob
  using (tenant_id = current_setting('app.tenant', true));
