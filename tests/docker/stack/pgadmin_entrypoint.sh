#!/bin/bash
# As dpage/pgadmin4 does it on an empty volume: its settings, its user, the servers and the passfile.
set -euo pipefail
{
  echo "LOG_FILE = '/dev/null'"
  env | sed -n 's/^PGADMIN_CONFIG_//p' | sed 's/=/ = /'
} > /pgadmin4/config_distro.py
PGADMIN_SETUP_EMAIL=$PGADMIN_DEFAULT_EMAIL
PGADMIN_SETUP_PASSWORD=$PGADMIN_DEFAULT_PASSWORD
export PGADMIN_SETUP_EMAIL PGADMIN_SETUP_PASSWORD
cat > /var/lib/pgadmin/run_pgadmin.py <<'PY'
import builtins
import sys

builtins.SERVER_MODE = True
sys.path.insert(0, "/pgadmin4")
from pgAdmin4 import app  # noqa
PY
/venv/bin/python /var/lib/pgadmin/run_pgadmin.py
/venv/bin/python setup.py load-servers "$PGADMIN_SERVER_JSON_FILE" --user "$PGADMIN_DEFAULT_EMAIL"
storage=/var/lib/pgadmin/storage/${PGADMIN_DEFAULT_EMAIL/@/_}
install -D -m 0600 "$PGPASS_FILE" "$storage/.pgpass"
exec /venv/bin/gunicorn --bind "0.0.0.0:$PGADMIN_LISTEN_PORT" --workers 1 --threads 25 \
  --chdir /var/lib/pgadmin --timeout 86400 run_pgadmin:app
