SELECT pg_get_partkeydef(class.oid) AS partition_key
FROM pg_class AS class
WHERE class.oid = to_regclass(%(table)s)
