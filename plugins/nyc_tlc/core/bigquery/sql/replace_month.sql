-- One atomic statement. Nothing ever matches ON FALSE, so what is in the month goes and what is staged
-- comes. The one condition on the trips table is its partition, so no other partition is read.
MERGE {trips} AS trips
USING (SELECT {columns} FROM {staging}) AS staged
    ON FALSE
WHEN NOT MATCHED BY SOURCE AND trips.file_month = DATE '{file_month}' THEN
    DELETE
WHEN NOT MATCHED BY TARGET THEN
    INSERT ({columns}) VALUES ({columns})
