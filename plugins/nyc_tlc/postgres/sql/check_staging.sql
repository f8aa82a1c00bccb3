SELECT
    count(*) AS rows_staged,
    count(*) FILTER (WHERE {outside_month}) AS pickups_outside_month,
    count(*) FILTER (WHERE {negative_total}) AS negative_totals,
    count(*) FILTER (WHERE {null_vendor}) AS null_vendors,
    -- Sorting the ids is much faster than grouping by them, and nearly always finds none shared.
    CASE
        WHEN count(*) = (SELECT count(DISTINCT ids.unique_row_id) FROM {staging} AS ids) THEN 0
        ELSE (
            SELECT sum(shared.copies)
            FROM (
                SELECT count(*) AS copies
                FROM {staging} AS staged
                GROUP BY staged.unique_row_id
                HAVING count(*) > 1
            ) AS shared
        )
    END AS rows_sharing_id
FROM {staging}
