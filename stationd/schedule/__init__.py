"""The alarm clock: due steps are rows, the scheduler only wakes."""
