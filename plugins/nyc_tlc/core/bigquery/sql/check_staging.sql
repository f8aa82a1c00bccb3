SELECT
    COUNT(*) AS rows_staged,
    COUNTIF({outside_month}) AS pickups_outside_month,
    COUNTIF({negative_total}) AS negative_totals,
    COUNTIF({null_vendor}) AS null_vendors,
    COALESCE((
        SELECT SUM(copies)
        FROM (
            SELECT COUNT(*) AS copies
            FROM {staging}
            GROUP BY unique_row_id
            HAVING COUNT(*) > 1
        ) AS shared
    ), 0) AS rows_sharing_id
FROM {staging}
