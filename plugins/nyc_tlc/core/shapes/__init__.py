"""The shapes of the taxi zones: TLC's archive as GeoJSON, for the tables of both warehouses."""
