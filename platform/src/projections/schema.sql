-- Projections: what each one's generations are, how far each has come, and what was set aside.

create schema if not exists platform;

create table platform.projection (
  name text primary key,
  -- The highest version that was ever built: older code does not build its own again.
  version integer not null default 0,
  generations integer not null default 0,
  requested text check (requested in ('rebuild', 'rollback')),
  requested_at timestamptz
);

-- Numbers each switch, so that a reader can tell an old notice from a new one.
create sequence platform.projection_epoch;

create table platform.projection_generation (
  projection text not null references platform.projection (name),
  generation integer not null,
  version integer not null,
  -- Of the SQL that it is built by: the same version must not mean two things.
  checksum text not null,
  schema text not null unique,
  status text not null check (status in ('building', 'live', 'retired')),
  epoch bigint not null default 0,
  -- The last position that was handled.
  position bigint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  moved_at timestamptz not null default clock_timestamp(),
  primary key (projection, generation)
) with (fillfactor = 50);

create unique index projection_generation_live
  on platform.projection_generation (projection) where status = 'live';
create unique index projection_generation_building
  on platform.projection_generation (projection) where status = 'building';

-- An event that could not be applied (parked), and the later ones of its key, which wait behind it
-- (held). Reading them again is the store's matter: no copy of their data is kept here.
create table platform.parked_projection_event (
  projection text not null,
  generation integer not null,
  position bigint not null,
  key text not null,
  stream text not null,
  revision bigint not null,
  event_id text not null,
  type text not null,
  tenant text not null,
  state text not null check (state in ('parked', 'held')),
  error text,
  attempts integer not null default 0,
  set_aside_at timestamptz not null default clock_timestamp(),
  primary key (projection, generation, position),
  foreign key (projection, generation)
    references platform.projection_generation (projection, generation) on delete cascade
);

create index parked_projection_event_key
  on platform.parked_projection_event (projection, generation, key, position);

-- Moves a checkpoint, as the first statement of the transaction that writes the rows. Whoever else
-- moved it meanwhile wins: then this raises AT001, and the transaction comes to nothing. Tells
-- waiting readers, on commit, where the generation is live.
create function platform.advance_projection(
  of_projection text,
  of_generation integer,
  from_position bigint,
  to_position bigint,
  has_parked boolean,
  out status text,
  out epoch bigint
)
language plpgsql
as $$
begin
  update platform.projection_generation g
     set position = to_position, moved_at = clock_timestamp()
   where g.projection = of_projection and g.generation = of_generation
     and g.position = from_position
  returning g.status, g.epoch into advance_projection.status, advance_projection.epoch;
  if not found then
    raise exception 'the checkpoint of % was moved by another', of_projection
      using errcode = 'AT001';
  end if;
  if advance_projection.status = 'live' then
    perform pg_notify('atrium_projection', concat_ws(' ', of_projection, advance_projection.epoch,
      to_position, has_parked::integer));
  end if;
end
$$;
