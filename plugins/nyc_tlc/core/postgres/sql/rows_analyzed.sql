SELECT
    parent.reltuples AS rows_then,
    current_setting('server_version_num')::integer AS version,
    coalesce(sum(greatest(child.reltuples, 0)), 0) AS rows_now
FROM pg_class AS parent
LEFT JOIN pg_inherits AS link ON parent.oid = link.inhparent
LEFT JOIN pg_class AS child ON link.inhrelid = child.oid
WHERE parent.oid = to_regclass(%(table)s)
GROUP BY parent.reltuples
