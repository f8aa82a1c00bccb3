# Creates what tlc_gcp_setup creates, and a service account for the loads with the fewest rights it needs.

locals {
  labels          = { app = "nyc-tlc" }
  staging_dataset = "${var.gcp_dataset}_staging"
}

resource "google_storage_bucket" "raw" {
  name                        = var.gcp_bucket_name
  location                    = var.gcp_location
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # What a run that was killed left to load.
  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age            = 1
      matches_prefix = ["staging/"]
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.keep_raw_days > 0 ? [var.keep_raw_days] : []

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = lifecycle_rule.value
        matches_prefix = ["raw/"]
      }
    }
  }
}

resource "google_bigquery_dataset" "trips" {
  dataset_id = var.gcp_dataset
  location   = var.gcp_location
  labels     = local.labels
}

resource "google_bigquery_dataset" "staging" {
  dataset_id                  = local.staging_dataset
  location                    = var.gcp_location
  labels                      = local.labels
  default_table_expiration_ms = 24 * 60 * 60 * 1000
}

resource "google_service_account" "loader" {
  account_id   = "nyc-tlc-loader"
  display_name = "Loads taxi months into BigQuery"
}

resource "google_project_iam_member" "jobs" {
  project = var.gcp_project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.loader.member
}

resource "google_bigquery_dataset_iam_member" "trips" {
  dataset_id = google_bigquery_dataset.trips.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.loader.member
}

resource "google_bigquery_dataset_iam_member" "staging" {
  dataset_id = google_bigquery_dataset.staging.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.loader.member
}

resource "google_storage_bucket_iam_member" "objects" {
  bucket = google_storage_bucket.raw.name
  role   = "roles/storage.objectAdmin"
  member = google_service_account.loader.member
}

# Lets tlc_gcp_setup read the bucket's location.
resource "google_storage_bucket_iam_member" "bucket" {
  bucket = google_storage_bucket.raw.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.loader.member
}
