INSERT INTO {ledger} ({columns})
VALUES ({values})
