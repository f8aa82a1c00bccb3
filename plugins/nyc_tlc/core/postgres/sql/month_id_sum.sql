SELECT coalesce(sum(('x' || left(trip.unique_row_id::text, 8))::bit(32)::bigint), 0)::bigint AS id_sum
FROM {trips} AS trip -- noqa: AL05
WHERE {of_month}
