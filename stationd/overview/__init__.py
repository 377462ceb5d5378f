"""How the station stands: what `stationctl status` and `doctor` look at."""
