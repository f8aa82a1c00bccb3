SELECT
    file_month,
    COUNT(*) AS day_zones,
    SUM(trips) AS trips,
    CAST(SUM(revenue) * 100 AS INT64) AS revenue_cents,
    CAST(SUM(tips) * 100 AS INT64) AS tips_cents
FROM {summary}
WHERE taxi = @taxi AND file_month BETWEEN @first_month AND @last_month
GROUP BY file_month
