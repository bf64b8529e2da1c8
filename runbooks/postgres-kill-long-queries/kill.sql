with old as materialized (
  select pid
  from pg_stat_activity
  where datname = current_database()
    and backend_type = 'client backend'
    and state = 'active'
    and application_name not in ('pg_dump', 'pg_basebackup')
    and query_start < now() - make_interval(mins => :'minutes'::int)
    and pid <> pg_backend_pid()
)
select json_build_object('ended', count(*) filter (where pg_terminate_backend(pid)))
from old;
