"""Staff: people, their roles and logins."""
