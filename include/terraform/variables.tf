# The same names and values as the Variables in Airflow.

variable "gcp_project_id" {
  description = "The project's id."
  type        = string
}

variable "gcp_location" {
  description = "Where bucket and datasets are: US, EU or a region. Neither can be moved later."
  type        = string
  default     = "US"
}

variable "gcp_bucket_name" {
  description = "The bucket of the raw files; its name must be globally unique."
  type        = string
}

variable "gcp_dataset" {
  description = "The dataset of the trips; its staging tables are in <dataset>_staging."
  type        = string
  default     = "nyc_tlc"
}

variable "region" {
  description = "The provider's default region."
  type        = string
  default     = "us-central1"
}

variable "keep_raw_days" {
  description = "Age in days at which the bucket deletes raw files; 0 keeps them."
  type        = number
  default     = 0
}
