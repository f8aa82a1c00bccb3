variable "gcp_project_id" {
  description = "The project's id."
  type        = string
}

variable "zone" {
  description = "Where the machine is."
  type        = string
  default     = "us-central1-a"
}

variable "machine_type" {
  description = "At least 8 GB of memory for yellow months."
  type        = string
  default     = "e2-standard-2"
}

variable "disk_gb" {
  description = "Size of the disk, which stays when the machine is deleted."
  type        = number
  default     = 100
}

variable "repository" {
  description = "This project's git repository, by https."
  type        = string

  validation {
    condition     = can(regex("^https://[A-Za-z0-9._~/-]+$", var.repository))
    error_message = "Expected an https address without a token, such as https://example.com/you/nyc-tlc.git."
  }
}

variable "ref" {
  description = "The branch or tag that the machine runs."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.ref))
    error_message = "Expected the name of a branch or a tag."
  }
}
