terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0, < 8.0"
    }
  }
}

provider "google" {
  project = var.gcp_project_id
  region  = join("-", slice(split("-", var.zone), 0, 2))
}
