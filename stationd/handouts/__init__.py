"""Handing out: links to bundles, and copies, for one named person and purpose each."""
