select json_build_object(
  'count', count(*),
  'pids', coalesce(json_agg(pid order by query_start), '[]'),
  'oldest', min(query_start)
)
from pg_stat_activity
where datname = current_database()
  and backend_type = 'client backend'
  and state = 'active'
  and application_name not in ('pg_dump', 'pg_basebackup')
  and query_start < now() - make_interval(mins => :'minutes'::int)
  and pid <> pg_backend_pid();
