# Airflow with the provider and its DAGs. By default on Airflow's official image; any base serves that
# has a user `airflow` (50000:0), a virtual environment at $VIRTUAL_ENV, uv, and Airflow's entrypoint.
ARG AIRFLOW_BASE_IMAGE=apache/airflow:3.3.2-python3.11
FROM ${AIRFLOW_BASE_IMAGE}

# Volumes take their owner from these folders when they are made.
RUN mkdir -p /opt/airflow/landing /opt/airflow/reports /opt/airflow/logs \
    && chmod 0775 /opt/airflow/landing /opt/airflow/reports /opt/airflow/logs

COPY --chown=50000:0 include/stack/requirements.txt include/stack/build-requirements.txt /opt/airflow/
RUN uv pip install --no-cache --require-hashes --requirement /opt/airflow/requirements.txt
# Compiles what Airflow's services import, once. Otherwise each container compiles it at its first start,
# all of them at the same time. The folder: Airflow writes a configuration with secrets where it is imported.
RUN AIRFLOW_HOME=/tmp/airflow PYTHONDONTWRITEBYTECODE='' python -c "import airflow.api_fastapi.main, \
    airflow.cli.cli_parser, airflow.dag_processing.manager, airflow.executors.local_executor, airflow.jobs.dag_processor_job_runner, \
    airflow.jobs.scheduler_job_runner, airflow.jobs.triggerer_job_runner, \
    airflow.sdk.execution_time.task_runner, airflow.utils.db" >/dev/null \
    && rm -r /tmp/airflow

COPY --chown=50000:0 pyproject.toml hatch_build.py README.md LICENSE /opt/airflow/provider/
COPY --chown=50000:0 dags /opt/airflow/provider/dags
COPY --chown=50000:0 plugins /opt/airflow/provider/plugins
RUN uv pip install --no-cache --no-deps --build-constraints /opt/airflow/build-requirements.txt /opt/airflow/provider

COPY --chown=50000:0 include /opt/airflow/include
COPY --chown=50000:0 dags /opt/airflow/dags
