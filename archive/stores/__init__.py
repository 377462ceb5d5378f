"""Where bundles lie: object-locked S3 (the archive), or a folder (a sealed local copy)."""
