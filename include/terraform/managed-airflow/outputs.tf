output "dags" {
  description = "Where dist/google/dags goes; dist/google/plugins goes beside it."
  value       = google_composer_environment.airflow.config[0].dag_gcs_prefix
}

output "airflow" {
  description = "The address of Airflow's UI."
  value       = google_composer_environment.airflow.config[0].airflow_uri
}
