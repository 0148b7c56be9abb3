"""The doors: command line, HTTP API, workspace, database, engine, demo."""

__version__ = "0.1.0"
