#!/bin/sh
# Replaces the stack's warehouse by a backup, for make restore. The backup is restored beside it first: if that
# fails, the warehouse is as it was. What was loaded after the backup is gone.
# Usage: restore.sh FILE
set -eu
file=${1:-}
if [ ! -f "$file" ]; then
  echo "'$file' is not a file. Name a backup of this warehouse: make restore FILE=backups/nyc_tlc-….dump" >&2
  exit 1
fi
compose=${COMPOSE:-docker compose}
sql() {
  database=$1
  shift
  $compose exec -T warehouse psql --username postgres --dbname "$database" -qv ON_ERROR_STOP=1 "$@" </dev/null
}

sql postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS nyc_tlc_restored' \
  -c 'CREATE DATABASE nyc_tlc_restored TEMPLATE template0'
if ! $compose exec -T warehouse pg_restore --username postgres --dbname nyc_tlc_restored \
  --exit-on-error --single-transaction <"$file"; then
  sql postgres -c 'DROP DATABASE nyc_tlc_restored'
  echo "$file was not restored; see pg_restore's message. The warehouse is unchanged." >&2
  exit 1
fi
# Ends what is connected; tasks that run are tried again.
sql postgres -c 'DROP DATABASE IF EXISTS nyc_tlc WITH (FORCE)' \
  -c 'ALTER DATABASE nyc_tlc_restored RENAME TO nyc_tlc'
# A database's own settings are not in a dump.
$compose run --rm -T roles </dev/null
sql nyc_tlc -c ANALYZE
echo "Restored the warehouse from $file."
