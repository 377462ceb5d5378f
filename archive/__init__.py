"""Build, sign, stamp, store and verify bundles; FORMAT.md is the format, byte for byte."""
