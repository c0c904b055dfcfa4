"""The emulator: world (resources), rules (what a request does), login, server."""
