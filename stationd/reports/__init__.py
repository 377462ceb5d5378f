"""Reports that are made by the clock: lists as CSV in a folder of the worker."""
