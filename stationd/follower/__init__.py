"""The follower: from the journal into the station database, in order, exactly once."""
