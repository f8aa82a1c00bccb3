#!/bin/bash
# As apache/airflow does it: a program by its name, anything else is a command of Airflow's.
case "$1" in
  airflow | bash | python | sh) exec "$@" ;;
  *) exec airflow "$@" ;;
esac
