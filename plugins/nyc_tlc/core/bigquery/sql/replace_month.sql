-- One atomic statement. ON FALSE never matches, so all rows of the month are deleted and all staged rows
-- are inserted. The only condition on the trips table is its partition, so no other partition is read.
MERGE {trips} AS trips
USING (SELECT {columns} FROM {staging}) AS staged
    ON FALSE
WHEN NOT MATCHED BY SOURCE AND trips.file_month = DATE '{file_month}' THEN
    DELETE
WHEN NOT MATCHED BY TARGET THEN
    INSERT ({columns}) VALUES ({columns})
