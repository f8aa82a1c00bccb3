"""What waits for a file."""
