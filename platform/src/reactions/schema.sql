-- How far each reaction has stored its source's public events. The cursor is a position of the
-- source's event store; the sequence is where that event lies in the JetStream stream.
create table platform.reaction_progress (
  reaction text not null,
  source text not null,
  cursor bigint not null,
  sequence bigint not null,
  primary key (reaction, source)
);

-- One row per event that a reaction is about. Unique by its primary key, so that a redelivery has
-- no effect. `event` is the recorded event as JSON; for a message that is not one of ours, what it
-- was.
create table platform.inbox (
  reaction text not null,
  event_id uuid not null,
  source text not null,
  tenant_id text not null,
  stream text not null,
  position bigint not null,
  event json not null,
  status text not null default 'open' check (status in ('open', 'parked', 'done', 'dropped')),
  attempts int not null default 0,
  fault text,
  received_at timestamptz not null default now(),
  settled_at timestamptz,
  -- How far the reaction's commands have written in this context's own store.
  written_position bigint,
  primary key (reaction, event_id)
);

-- The oldest row of an aggregate that is still to be handled.
create index inbox_unsettled on platform.inbox (reaction, stream, position, event_id)
  where status in ('open', 'parked');

-- What a reader of a tenant still has to wait for.
create index inbox_awaited on platform.inbox (source, tenant_id, position)
  where status in ('open', 'parked');

-- How far the reactions to a source have written for a tenant.
create index inbox_written
  on platform.inbox (source, tenant_id, written_position desc)
  where written_position is not null;

create index inbox_settled on platform.inbox (settled_at)
  where status in ('done', 'dropped');

-- One row per aggregate and reaction that has something to handle. Whoever moves `due_at` ahead and
-- sets `lease` works on the aggregate's oldest row until then. Parked aggregates are never due.
create table platform.reaction_lane (
  reaction text not null,
  stream text not null,
  due_at timestamptz not null default now(),
  lease uuid,
  primary key (reaction, stream)
);

create index reaction_lane_due on platform.reaction_lane (due_at);

-- The functions below keep their plans, perhaps from when the tables were empty: hence the
-- settings.

-- Stores a batch of a reaction's messages and moves its cursor, or neither: false where the cursor
-- is not where the caller believes, because another process stores for this reaction now.
create function platform.take_in(
  p_reaction text, p_source text, p_before bigint, p_cursor bigint, p_sequence bigint,
  p_event_ids uuid[], p_tenants text[], p_streams text[], p_positions bigint[], p_events json[]
) returns boolean language plpgsql set enable_seqscan = off as $$
begin
  insert into platform.reaction_progress (reaction, source, cursor, sequence)
  values (p_reaction, p_source, 0, 0)
  on conflict do nothing;

  update platform.reaction_progress set cursor = p_cursor, sequence = p_sequence
  where reaction = p_reaction and source = p_source and cursor = p_before;
  if not found then
    return false;
  end if;

  -- An aggregate's lane is locked before anyone looks whether it has more to do, here and in
  -- `settle`: so a new row is either seen by whoever settles the one before it, or makes a new
  -- lane.
  with taken as (
    insert into platform.inbox (reaction, event_id, source, tenant_id, stream, position, event)
    select p_reaction, r.event_id, p_source, r.tenant_id, r.stream, r.position, r.event
    from unnest(p_event_ids, p_tenants, p_streams, p_positions, p_events)
      as r (event_id, tenant_id, stream, position, event)
    on conflict do nothing
    returning stream
  )
  insert into platform.reaction_lane (reaction, stream)
  select distinct p_reaction, stream from taken order by stream
  on conflict (reaction, stream) do update set stream = excluded.stream;

  perform pg_notify('atrium_reactions', '');
  return true;
end $$;

-- Leases up to p_limit aggregates that are due, and gives the oldest row of each.
create function platform.lease_lanes(
  p_reactions text[], p_lease uuid, p_lease_ms int, p_limit int
) returns table (
  reaction text, event_id uuid, stream text, event json, attempts int
) language plpgsql set enable_seqscan = off as $$
declare
  v_reactions text[];
  v_streams text[];
begin
  with due as (
    select l.reaction, l.stream from platform.reaction_lane l
    where l.due_at <= clock_timestamp() and l.reaction = any (p_reactions)
    order by l.due_at limit p_limit
    for update skip locked
  ), leased as (
    update platform.reaction_lane l
    set lease = p_lease,
      due_at = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from due where l.reaction = due.reaction and l.stream = due.stream
    returning l.reaction, l.stream
  )
  select array_agg(leased.reaction), array_agg(leased.stream) into v_reactions, v_streams
  from leased;

  -- A statement of its own, which sees all that was settled before the lanes were locked: the one
  -- above may have begun earlier and would give a row that was handled meanwhile.
  return query
  select l.reaction, i.event_id, i.stream, i.event, i.attempts
  from unnest(v_reactions, v_streams) as l (reaction, stream) cross join lateral (
    select * from platform.inbox o
    where o.reaction = l.reaction and o.stream = l.stream and o.status in ('open', 'parked')
    order by o.position, o.event_id limit 1
  ) i;
end $$;

-- Keeps leased aggregates for longer, while their rows are being worked on.
create function platform.renew_leases(
  p_reactions text[], p_streams text[], p_leases uuid[], p_lease_ms int
) returns void language plpgsql set enable_seqscan = off as $$
begin
  -- In the order in which `settle` and `take_in` lock them.
  perform from platform.reaction_lane l
  join unnest(p_reactions, p_streams, p_leases) as r (reaction, stream, lease)
    on l.reaction = r.reaction and l.stream = r.stream and l.lease = r.lease
  order by l.reaction, l.stream
  for update of l;

  update platform.reaction_lane l
  set due_at = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  from unnest(p_reactions, p_streams, p_leases) as r (reaction, stream, lease)
  where l.reaction = r.reaction and l.stream = r.stream and l.lease = r.lease;
end $$;

-- Notes what became of leased rows and frees their aggregates: `done` (or `dropped`) goes on to the
-- next row, `open` comes back after `delay_ms`, `parked` holds the aggregate. An outcome whose
-- lease is another's by now is ignored: that other one handles the row.
create function platform.settle(p_outcomes json) returns void
language plpgsql set enable_seqscan = off as $$
declare
  o record;
begin
  for o in
    select * from json_to_recordset(p_outcomes) as x (
      reaction text, stream text, event_id uuid, lease uuid, status text, delay_ms int,
      attempts int, fault text, written_position bigint
    ) order by x.reaction, x.stream
  loop
    perform from platform.reaction_lane l
    where l.reaction = o.reaction and l.stream = o.stream and l.lease is not distinct from o.lease
    for update;
    continue when not found;

    update platform.inbox i
    set status = o.status, attempts = o.attempts, fault = o.fault,
      written_position = o.written_position,
      settled_at = case when o.status in ('done', 'dropped') then clock_timestamp() end
    where i.reaction = o.reaction and i.event_id = o.event_id and i.status in ('open', 'parked');

    if exists (
      select from platform.inbox i
      where i.reaction = o.reaction and i.stream = o.stream and i.status in ('open', 'parked')
    ) then
      update platform.reaction_lane l
      set lease = null, due_at = case when o.status = 'parked' then 'infinity'::timestamptz
        else clock_timestamp() + make_interval(secs => coalesce(o.delay_ms, 0) / 1000.0) end
      where l.reaction = o.reaction and l.stream = o.stream;
    else
      delete from platform.reaction_lane l where l.reaction = o.reaction and l.stream = o.stream;
    end if;
  end loop;

  perform pg_notify('atrium_reactions', '');
end $$;
