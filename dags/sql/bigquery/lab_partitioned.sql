CREATE OR REPLACE TABLE {partitioned}
PARTITION BY DATE({dropoff})
CLUSTER BY vendorid
AS
SELECT *
FROM {external}
