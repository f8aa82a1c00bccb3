variable "gcp_project_id" {
  description = "The project's id."
  type        = string
}

variable "region" {
  description = "Where environment, database and bucket are."
  type        = string
  default     = "us-central1"
}

variable "landing_bucket_name" {
  description = "The bucket of the downloaded trip files; its name must be globally unique."
  type        = string
}

variable "requirements_file" {
  description = "The package list that make dist-google writes."
  type        = string
  default     = "../../../dist/google/requirements.txt"
}

variable "image_version" {
  description = "The version of Airflow, as Managed Airflow names it."
  type        = string
  default     = "composer-3-airflow-3.3.1-build.0"
}

variable "start_month" {
  description = "The first month that the schedule loads."
  type        = string
  default     = "2026-01"
}

variable "sql_tier" {
  description = "The database's machine."
  type        = string
  default     = "db-custom-2-7680"
}

variable "keep_landed_days" {
  description = "Age in days at which the bucket deletes downloaded files."
  type        = number
  default     = 30
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the database."
  type        = bool
  default     = true
}
