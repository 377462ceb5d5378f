"""One module a revision, oldest first; a released one is never changed."""
