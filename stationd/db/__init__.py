"""The station database: engine, tables, migrations."""
