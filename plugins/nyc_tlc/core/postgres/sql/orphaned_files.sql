-- Files of the database's folder that no table owns, older than every open transaction: a crash of the
-- server in mid-COPY leaves them. A dropped table's file is empty until the next checkpoint.
SELECT
    count(*) AS files,
    coalesce(sum(stat.size), 0)::bigint AS bytes
FROM (
    SELECT 'base/' || base.oid AS path
    FROM pg_database AS base
    WHERE base.datname = current_database()
) AS folder
CROSS JOIN LATERAL pg_ls_dir(folder.path) AS entry (name)
CROSS JOIN LATERAL pg_stat_file(folder.path || '/' || entry.name, TRUE) AS stat
WHERE
    entry.name ~ '^[0-9]+([._].*)?$'
    AND stat.size > 0
    AND stat.modification < now() - interval '1 hour'
    AND stat.modification < (
        SELECT coalesce(min(session.xact_start), now())
        FROM pg_stat_activity AS session
    )
    AND NOT EXISTS (
        SELECT
        FROM pg_class AS class
        WHERE pg_relation_filenode(class.oid) = substring(entry.name FROM '^[0-9]+')::oid
    )
