"""The organisation's set-up: locations, services, staff, opening hours, rotas, statuses, settings."""
