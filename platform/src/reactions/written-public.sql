-- How far a reaction's commands have written in this context's own store, of public events: what a
-- reader takes along who goes on to a context that reacts to this one.
alter table platform.inbox add column written_public_position bigint;

create index inbox_written_public on platform.inbox (source, tenant_id, position)
  where written_public_position is not null;

-- Notes what became of leased rows and frees their aggregates: `done` (or `dropped`) goes on to the
-- next row, `open` comes back after `delay_ms`, `parked` holds the aggregate. An outcome whose
-- lease is another's by now is ignored: that other one handles the row.
create or replace function platform.settle(p_outcomes json) returns void
language plpgsql set enable_seqscan = off as $$
declare
  o record;
begin
  for o in
    select * from json_to_recordset(p_outcomes) as x (
      reaction text, stream text, event_id uuid, lease uuid, status text, delay_ms int,
      attempts int, fault text, written_position bigint, written_public_position bigint
    ) order by x.reaction, x.stream
  loop
    perform from platform.reaction_lane l
    where l.reaction = o.reaction and l.stream = o.stream and l.lease is not distinct from o.lease
    for update;
    continue when not found;

    update platform.inbox i
    set status = o.status, attempts = o.attempts, fault = o.fault,
      written_position = o.written_position,
      written_public_position = o.written_public_position,
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
