"""The Docker API as far as script tasks need it. How it decides: ``rules.py`` and ``routes.py``."""
