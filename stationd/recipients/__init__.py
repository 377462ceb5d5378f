"""Recipients of enveloped copies: whose certificate it is, and since when it is used."""
