#!/bin/sh
# Once, when the data folder is made. Later changes to the mounted file need a restart only.
# The # at the end takes the carriage return of a checkout with CRLF; it would become part of the name.
echo "include = '/etc/postgresql/warehouse.conf'" >> "$PGDATA/postgresql.conf" #
