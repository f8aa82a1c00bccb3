"""Script tasks: their images, the engine that runs them, and what a container may do."""
