"""The HTTP API; `portal.api.app.create_app` makes it, `tallystick serve` runs it."""
