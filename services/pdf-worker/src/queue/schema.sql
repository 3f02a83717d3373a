-- Who renders what. What is to be rendered is in the read model job_list, which the events alone
-- decide; here is only which of it a process works on, and whose turn is next. All of it can be
-- lost: a job that nobody holds is taken up again.

create schema queue;

create table queue.lease (
  tenant_id text not null,
  job_id text not null,
  owner_id text not null,
  lease uuid not null,
  leased_until timestamptz not null,
  -- It has ended; held until the read model shows that.
  settled boolean not null default false,
  primary key (tenant_id, job_id)
);

create index lease_age on queue.lease (leased_until);

create sequence queue.turn_number;

-- When a tenant (owner_id '') and an owner were served last, as a growing number. The smallest is
-- next; who was never served is first.
create table queue.turn (
  tenant_id text not null,
  owner_id text not null,
  taken bigint not null,
  primary key (tenant_id, owner_id)
);

-- Leases up to p_limit jobs: tenants take turns, within a tenant its owners, and an owner's jobs
-- come in the order in which they were asked for. An owner with p_at_once_max jobs under way waits.
-- p_under_way are the jobs that the caller itself works on: a lease that lapsed while the database
-- was away must not make it render a job twice.
--
-- Whoever leases waits for whoever leases: the turns hold over all processes. It takes no longer
-- than this statement.
create function queue.lease_jobs(
  p_lease uuid, p_lease_ms int, p_limit int, p_at_once_max int, p_under_way text[]
) returns table (tenant_id text, job_id text)
language plpgsql set enable_seqscan = off as $$
declare
  v record;
begin
  perform pg_advisory_xact_lock(hashtextextended('pdf queue', 0));
  for i in 1 .. p_limit loop
    select w.tenant_id, w.owner_id, w.id into v
    from (
      select distinct on (j.tenant_id, j.owner_id) j.tenant_id, j.owner_id, j.id, j.position
      from public.job_list j
      where j.status in ('pending', 'processing')
        and not exists (
          select from queue.lease l
          where l.tenant_id = j.tenant_id and l.job_id = j.id
            and l.leased_until > clock_timestamp()
        )
        and j.id <> all (p_under_way)
      order by j.tenant_id, j.owner_id, j.position
    ) w
    left join queue.turn t on t.tenant_id = w.tenant_id and t.owner_id = ''
    left join queue.turn o on o.tenant_id = w.tenant_id and o.owner_id = w.owner_id
    where p_at_once_max > (
      select count(*) from queue.lease l
      where l.tenant_id = w.tenant_id and l.owner_id = w.owner_id
        and not l.settled and l.leased_until > clock_timestamp()
    )
    order by coalesce(t.taken, 0), coalesce(o.taken, 0), w.position
    limit 1;
    exit when not found;

    insert into queue.lease as l (tenant_id, job_id, owner_id, lease, leased_until)
    values (v.tenant_id, v.id, v.owner_id, p_lease,
      clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
    on conflict on constraint lease_pkey do update
      set lease = excluded.lease, leased_until = excluded.leased_until, settled = false;

    insert into queue.turn as t (tenant_id, owner_id, taken)
    select v.tenant_id, whose, nextval('queue.turn_number') from unnest(array['', v.owner_id]) whose
    on conflict on constraint turn_pkey do update set taken = excluded.taken;

    tenant_id := v.tenant_id;
    job_id := v.id;
    return next;
  end loop;
end $$;

-- Keeps leases for longer. Those that are not given back are another's by now.
create function queue.renew_leases(
  p_tenants text[], p_jobs text[], p_leases uuid[], p_lease_ms int
) returns table (job_id text)
language sql as $$
  update queue.lease l
  set leased_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  from unnest(p_tenants, p_jobs, p_leases) as r (tenant_id, job_id, lease)
  where l.tenant_id = r.tenant_id and l.job_id = r.job_id and l.lease = r.lease
  returning l.job_id
$$;

-- Ends a lease: the job has ended (p_ended), or waits again. Tells whoever waits for work.
create function queue.settle_lease(
  p_tenant text, p_job text, p_lease uuid, p_ended boolean, p_held_ms int
) returns void
language plpgsql as $$
begin
  if p_ended then
    update queue.lease l
    set settled = true,
      leased_until = clock_timestamp() + make_interval(secs => p_held_ms / 1000.0)
    where l.tenant_id = p_tenant and l.job_id = p_job and l.lease = p_lease;
  else
    delete from queue.lease l
    where l.tenant_id = p_tenant and l.job_id = p_job and l.lease = p_lease;
  end if;
  delete from queue.lease l where l.leased_until < clock_timestamp() - interval '1 minute';
  perform pg_notify('pdf_queue', '');
end $$;
