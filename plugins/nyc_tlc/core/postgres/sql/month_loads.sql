-- A ledger of an older version has fewer columns.
SELECT * -- noqa: AM04
FROM {table}
WHERE taxi = %(taxi)s AND file_month = %(month)s
ORDER BY load_id DESC
LIMIT 20
