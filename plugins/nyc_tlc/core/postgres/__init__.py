"""The Postgres warehouse: stage a file, check it, merge it, and keep the ledger."""
