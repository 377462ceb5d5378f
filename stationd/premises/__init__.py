"""Premises that are dead: power lost, then battery or path, then tests that never came."""
