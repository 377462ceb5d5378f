"""The wall in front of ``closed``."""

from alembic import op

from stationd.db import closing

__all__ = ["upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the triggers."""
    closing.create(op.get_bind())
