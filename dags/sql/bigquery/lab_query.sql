-- Half a month. Only a partitioned table spares the other days.
SELECT DISTINCT vendorid
FROM {table}
WHERE DATE({dropoff}) BETWEEN DATE '{year}-03-01' AND DATE '{year}-03-15'
