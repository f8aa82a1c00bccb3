# A virtual machine on Compute Engine that runs the stack. Nothing but SSH through Identity-Aware Proxy reaches it.

resource "google_compute_network" "stack" {
  name                    = "nyc-tlc"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "stack" {
  name          = "nyc-tlc"
  network       = google_compute_network.stack.id
  ip_cidr_range = "10.20.0.0/24"
}

# The addresses of Identity-Aware Proxy. All else that comes in is refused: that is a network's default.
resource "google_compute_firewall" "ssh" {
  name          = "nyc-tlc-ssh"
  network       = google_compute_network.stack.id
  source_ranges = ["35.235.240.0/20"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

# Without a role: the stack's warehouse is on the machine itself.
resource "google_service_account" "vm" {
  account_id   = "nyc-tlc-vm"
  display_name = "The machine that runs the taxi stack"
}

resource "google_compute_instance" "stack" {
  name         = "nyc-tlc"
  zone         = var.zone
  machine_type = var.machine_type

  boot_disk {
    auto_delete = false

    initialize_params {
      image = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
      size  = var.disk_gb
      type  = "pd-balanced"
    }
  }

  # An address to fetch packages, images and trip files by.
  network_interface {
    subnetwork = google_compute_subnetwork.stack.id

    access_config {}
  }

  metadata = {
    enable-oslogin         = "TRUE"
    block-project-ssh-keys = "TRUE"
    user-data = templatefile("${path.module}/cloud-init.yaml", {
      repository = var.repository
      ref        = var.ref
    })
  }

  service_account {
    email  = google_service_account.vm.email
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot = true
  }
}
