"""Alembic's revisions of the station database; `stationd.db.revision` runs them."""
