"""Tasks for people: what somebody is to do because its time has come."""
