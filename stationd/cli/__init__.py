"""`stationctl`."""
