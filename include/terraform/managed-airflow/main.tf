# Google's Managed Airflow (Gen 3, the former Composer 3) with a warehouse on Cloud SQL and landing in a bucket.

locals {
  labels   = { app = "nyc-tlc" }
  services = ["composer.googleapis.com", "secretmanager.googleapis.com", "servicenetworking.googleapis.com", "sqladmin.googleapis.com"]

  # What make dist-google writes, as the environment takes it: name = extras and versions.
  requirements = compact(split("\n", file(var.requirements_file)))
  packages = {
    for line in local.requirements :
    regex("^[A-Za-z0-9._-]+", line) => replace(line, "/^[A-Za-z0-9._-]+/", "")
  }

  connection = {
    conn_type = "postgres"
    host      = google_sql_database_instance.warehouse.private_ip_address
    login     = google_sql_user.loader.name
    password  = google_sql_user.loader.password
    schema    = google_sql_database.warehouse.name
    extra     = { sslmode = "require" }
  }
}

resource "google_project_service" "needed" {
  for_each           = toset(local.services)
  service            = each.value
  disable_on_destroy = false
}

# A network of its own, which Cloud SQL is in by its private address only.
resource "google_compute_network" "airflow" {
  name                    = "nyc-tlc-airflow"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "airflow" {
  name                     = "nyc-tlc-airflow"
  network                  = google_compute_network.airflow.id
  ip_cidr_range            = "10.30.0.0/20"
  private_ip_google_access = true
}

resource "google_compute_global_address" "services" {
  name          = "nyc-tlc-services"
  network       = google_compute_network.airflow.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.airflow.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]

  depends_on = [google_project_service.needed]
}

# The warehouse.
resource "google_sql_database_instance" "warehouse" {
  name                = "nyc-tlc"
  database_version    = "POSTGRES_17"
  deletion_protection = var.deletion_protection

  settings {
    tier            = var.sql_tier
    edition         = "ENTERPRISE"
    disk_autoresize = true
    user_labels     = local.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.airflow.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_sql_database" "warehouse" {
  name     = "nyc_tlc"
  instance = google_sql_database_instance.warehouse.name
}

resource "random_password" "loader" {
  length = 32
}

resource "google_sql_user" "loader" {
  name     = "loader"
  instance = google_sql_database_instance.warehouse.name
  password = random_password.loader.result
}

# Landing: workers share no disk. A trip file is needed for a day.
resource "google_storage_bucket" "landing" {
  name                        = var.landing_bucket_name
  location                    = var.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = var.keep_landed_days
    }
  }
}

# The account that tasks run as: the role that every environment needs, its own bucket, its own secret.
resource "google_service_account" "airflow" {
  account_id   = "nyc-tlc-airflow"
  display_name = "Loads taxi months in Managed Airflow"
}

resource "google_project_iam_member" "worker" {
  project = var.gcp_project_id
  role    = "roles/composer.worker"
  member  = google_service_account.airflow.member
}

resource "google_storage_bucket_iam_member" "landing" {
  bucket = google_storage_bucket.landing.name
  role   = "roles/storage.objectUser"
  member = google_service_account.airflow.member
}

resource "google_secret_manager_secret_iam_member" "connection" {
  secret_id = google_secret_manager_secret.connection.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.airflow.member
}

# The connection tlc_postgres, where Airflow's secrets backend looks for it.
resource "google_secret_manager_secret" "connection" {
  secret_id = "airflow-connections-tlc_postgres"
  labels    = local.labels

  replication {
    auto {}
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_version" "connection" {
  secret      = google_secret_manager_secret.connection.id
  secret_data = jsonencode(local.connection)
}

resource "google_composer_environment" "airflow" {
  name   = "nyc-tlc"
  region = var.region
  labels = local.labels

  config {
    environment_size = "ENVIRONMENT_SIZE_SMALL"

    software_config {
      image_version = var.image_version
      pypi_packages = local.packages

      airflow_config_overrides = {
        secrets-backend        = "airflow.providers.google.cloud.secrets.secret_manager.CloudSecretManagerBackend"
        secrets-backend_kwargs = jsonencode({ variables_prefix = null, config_prefix = null })
      }

      env_variables = {
        AIRFLOW_VAR_TLC_LANDING = "gs://google_cloud_default@${google_storage_bucket.landing.name}/landing"
        TLC_START_MONTH         = var.start_month
        TLC_WAREHOUSES          = "postgres"
      }
    }

    workloads_config {
      worker {
        cpu        = 2
        memory_gb  = 4
        storage_gb = 10
        min_count  = 1
        max_count  = 3
      }
    }

    node_config {
      network         = google_compute_network.airflow.id
      subnetwork      = google_compute_subnetwork.airflow.id
      service_account = google_service_account.airflow.email
    }
  }

  # Its first tasks need all of them.
  depends_on = [
    google_project_iam_member.worker,
    google_secret_manager_secret_iam_member.connection,
    google_secret_manager_secret_version.connection,
    google_storage_bucket_iam_member.landing,
  ]
}
