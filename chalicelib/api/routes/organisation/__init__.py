"""Routes of set-up: locations, services, staff, hours, statuses, settings; and the public catalogue."""
