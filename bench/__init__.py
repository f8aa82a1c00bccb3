"""The speed claims of this project, each measured against its yardstick side by side."""
