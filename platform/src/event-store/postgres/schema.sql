-- One row per event. Positions are dense and become visible in order: each group of appends takes
-- the head row first, so that groups commit one after the other.

create schema if not exists event_store;

-- json, not jsonb: what was written comes back byte for byte. any_append marks events that were
-- appended without an expected revision: only those need to be found again by their ids.
create table if not exists event_store.events (
  position bigint primary key,
  stream text collate "C" not null,
  revision bigint not null,
  id uuid not null,
  type text collate "C" not null,
  data json not null,
  metadata json not null,
  recorded_at timestamptz not null,
  any_append boolean not null,
  unique (stream, revision)
);

create index if not exists events_any_append on event_store.events (id) where any_append;

create table if not exists event_store.head (
  position bigint not null,
  only_row boolean primary key default true check (only_row)
);

insert into event_store.head (position) values (0) on conflict do nothing;

-- Appends a group. Per append: its stream, the revision expected (-1: none, -2: any), how many
-- events of the group stand before its own, and the number of the group's first append to the same
-- stream (its own number for the first); null in place of all these numbers where no stream occurs
-- twice. Per event: the number of its append, then its columns; events stand in the order of their
-- appends.
--
-- Returns the position before the group, and per append the revision of its first event, or, where
-- it was refused, -2 minus the stream's last revision (-1 for no stream). Null: the stream was
-- ended; its marker has the revision 9007199254740991. Null in place of all outcomes: every stream
-- was exactly as expected. That is the common case, and it is spared the loop: each expression in
-- it costs anew in each transaction.
--
-- Its plans are pinned by the settings that the adapter's connections are opened with: SET clauses
-- here would do the same at a cost per call.
create or replace function event_store.commit_group(
  streams text[],
  expected bigint[],
  befores int[],
  firsts int[],
  owners int[],
  ids uuid[],
  types text[],
  data json[],
  metadata json[],
  out base bigint,
  out outcomes bigint[]
)
language plpgsql
as $$
declare
  total int := cardinality(ids);
  last_revisions bigint[];
  repeated int[] := '{}';
  -- Per append: the stream's last revision before it, null where it is refused; and the events of
  -- refused appends up to it, null where none is.
  bases bigint[];
  skips int[];
  skipped int := 0;
  appends int;
  count int;
  last_revision bigint;
  wanted bigint;
  notified text;
begin
  update event_store.head h set position = h.position + total
    returning h.position - total into strict base;

  -- In the order of the appends: nothing here reorders one scan of the arrays.
  last_revisions := array(
    select case when a.first < a.number then null else coalesce(
      (select e.revision from event_store.events e
        where e.stream = a.stream order by e.revision desc limit 1),
      -1) end
    from unnest(streams, firsts) with ordinality as a(stream, first, number));

  if firsts is null and last_revisions = expected and 9007199254740991 <> all (expected) then
    bases := expected;
  else
    -- Written so that only one plan is left, the look-up of each id. With "exists" it becomes a
    -- join that reads the whole index for each, which looks cheap to statistics from before a
    -- stream grew long; and equality of streams would let the planner take the stream's index
    -- range instead.
    if -2 = any (expected) then
      repeated := array(
        select distinct n.owner
        from unnest(owners, ids) as n(owner, id)
        where expected[n.owner] = -2 and (
          select true from event_store.events e
          where e.any_append and e.id = n.id and e.stream is not distinct from streams[n.owner]
          limit 1));
    end if;

    appends := cardinality(streams);
    outcomes := array_fill(null::bigint, array[appends]);
    bases := outcomes;
    for i in 1 .. appends loop
      count := coalesce(befores[i + 1], total) - befores[i];
      last_revision := last_revisions[coalesce(firsts[i], i)];
      wanted := expected[i];
      if last_revision = 9007199254740991 then
        skipped := skipped + count;
      elsif wanted = last_revision or (wanted = -2 and i <> all (repeated)) then
        outcomes[i] := last_revision + 1;
        bases[i] := last_revision;
        last_revisions[coalesce(firsts[i], i)] := last_revision + count;
      else
        outcomes[i] := -2 - last_revision;
        skipped := skipped + count;
      end if;
      if skipped > 0 then
        skips[i] := skipped;
      end if;
    end loop;

    if skipped > 0 then
      update event_store.head h set position = h.position - skipped;
    end if;
    if skipped = total then
      return;
    end if;
  end if;

  insert into event_store.events
    (position, stream, revision, id, type, data, metadata, recorded_at, any_append)
  select base + n.number - coalesce(skips[n.owner], 0), streams[n.owner],
    bases[n.owner] + n.number - befores[n.owner], n.id, n.type, n.data, n.metadata,
    clock_timestamp(), expected[n.owner] = -2
  from unnest(owners, ids, types, data, metadata)
    with ordinality as n(owner, id, type, data, metadata, number)
  where bases[n.owner] is not null;
  notified := pg_notify('event_store', (base + total - skipped)::text);
end
$$;

-- Appends a group of one event, which is what comes when few append: it does without the arrays,
-- whose unnesting costs more than the insert. Returns what commit_group does.
create or replace function event_store.commit_one(
  of_stream text,
  expected bigint,
  of_id uuid,
  of_type text,
  of_data json,
  of_metadata json,
  out base bigint,
  out outcomes bigint[]
)
language plpgsql
as $$
declare
  last_revision bigint;
  is_refused boolean;
  notified text;
begin
  update event_store.head h set position = h.position + 1
    returning h.position - 1 into strict base;

  last_revision := coalesce(
    (select e.revision from event_store.events e
      where e.stream = of_stream order by e.revision desc limit 1),
    -1);
  if last_revision <> expected or last_revision = 9007199254740991 then
    is_refused := expected <> -2 or last_revision = 9007199254740991;
    if not is_refused then
      is_refused := coalesce(
        (select true from event_store.events e
          where e.any_append and e.id = of_id and e.stream is not distinct from of_stream
          limit 1),
        false);
    end if;
    if is_refused then
      outcomes := array[case when last_revision < 9007199254740991 then -2 - last_revision end];
      update event_store.head h set position = h.position - 1;
      return;
    end if;
    outcomes := array[last_revision + 1];
  end if;

  insert into event_store.events
    (position, stream, revision, id, type, data, metadata, recorded_at, any_append)
  values (base + 1, of_stream, last_revision + 1, of_id, of_type, of_data, of_metadata,
    clock_timestamp(), expected = -2);
  notified := pg_notify('event_store', (base + 1)::text);
end
$$;

-- Ends a stream by a marker after every revision. Its position is negative, so that positions stay
-- dense and no reader of the whole store meets it.
create or replace function event_store.tombstone(ended text) returns void
language plpgsql
as $$
begin
  perform from event_store.head for update;
  insert into event_store.events
    (position, stream, revision, id, type, data, metadata, recorded_at, any_append)
  select least(min(e.position), 0) - 1, ended, 9007199254740991, gen_random_uuid(), '$tombstone',
    '{}', '{}', clock_timestamp(), false
  from event_store.events e
  on conflict (stream, revision) do nothing;
end
$$;
