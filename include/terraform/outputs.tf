output "service_account" {
  description = "For the connection's impersonation_chain, or for a key."
  value       = google_service_account.loader.email
}

output "airflow_variables" {
  description = "The Variables that the DAGs read."
  value = {
    gcp_project_id  = var.gcp_project_id
    gcp_location    = var.gcp_location
    gcp_bucket_name = google_storage_bucket.raw.name
    gcp_dataset     = google_bigquery_dataset.trips.dataset_id
  }
}
