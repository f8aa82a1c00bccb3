SELECT
    count(*) AS rows_staged,
    count(*) FILTER (WHERE {outside_month}) AS pickups_outside_month,
    count(*) FILTER (WHERE {negative_total}) AS negative_totals,
    count(*) FILTER (WHERE {null_vendor}) AS null_vendors,
    (
        SELECT coalesce(sum(shared.copies), 0)
        FROM (
            SELECT count(*) AS copies
            FROM {staging} AS staged
            GROUP BY staged.unique_row_id
            HAVING count(*) > 1
        ) AS shared
    ) AS rows_sharing_id
FROM {staging}
