#!/bin/sh
# Runs once, when the data folder is created. Later changes to the mounted file only need a restart.
echo "include = '/etc/postgresql/warehouse.conf'" >> "$PGDATA/postgresql.conf"
