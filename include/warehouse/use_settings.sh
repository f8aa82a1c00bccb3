#!/bin/sh
# Once, when the data folder is made. Later changes to the mounted file need a restart only.
echo "include = '/etc/postgresql/warehouse.conf'" >> "$PGDATA/postgresql.conf"
