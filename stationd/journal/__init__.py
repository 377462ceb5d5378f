"""The journal: every frame and every event of our own, hash-chained, on disk before any answer."""
