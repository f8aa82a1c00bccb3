output "ssh" {
  description = "Opens Airflow, pgAdmin and Postgres on your own machine."
  value = join(" ", [
    "gcloud compute ssh ${google_compute_instance.stack.name} --zone ${var.zone} --project ${var.gcp_project_id}",
    "--tunnel-through-iap -- -L 8080:127.0.0.1:8080 -L 5050:127.0.0.1:5050 -L 5432:127.0.0.1:5432",
  ])
}
