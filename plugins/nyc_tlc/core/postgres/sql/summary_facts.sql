SELECT
    file_month,
    count(*) AS day_zones,
    sum(trips)::bigint AS trips,
    (sum(revenue) * 100)::bigint AS revenue_cents,
    (sum(tips) * 100)::bigint AS tips_cents
FROM {summary}
WHERE taxi = %(taxi)s AND file_month BETWEEN %(first_month)s AND %(last_month)s
GROUP BY file_month
