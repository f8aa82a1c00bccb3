#!/bin/sh
# Writes the stack's warehouse to a file, for make backup. The stack runs on: a dump sees one moment.
# Usage: backup.sh [FILE]
set -eu
file=${1:-backups/nyc_tlc-$(date -u +%Y%m%dT%H%M%SZ).dump}
umask 077
mkdir -p "$(dirname "$file")"
trap 'rm -f "$file.part"' EXIT
${COMPOSE:-docker compose} exec -T warehouse \
  pg_dump --username postgres --format custom nyc_tlc >"$file.part" </dev/null
mv "$file.part" "$file"
echo "Backed up the warehouse to $file. Keep it and .env on another machine."
