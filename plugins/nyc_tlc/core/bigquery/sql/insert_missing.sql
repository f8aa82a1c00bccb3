-- The course's way: inserts new rows, deletes none. Reads one column of one partition of the trips table.
MERGE {trips} AS trips
USING (SELECT {columns} FROM {staging}) AS staged
    ON trips.file_month = DATE '{file_month}' AND trips.unique_row_id = staged.unique_row_id
WHEN NOT MATCHED BY TARGET THEN
    INSERT ({columns}) VALUES ({columns})
