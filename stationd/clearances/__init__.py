"""Clear to close: the receipt by which automation and billing may close an account too."""
