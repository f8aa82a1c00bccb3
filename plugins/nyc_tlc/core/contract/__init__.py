"""The canonical columns of each taxi, as data: one ``.toml`` file per taxi."""
