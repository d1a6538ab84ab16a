"""Who may do what: authentication, authorisation, quotas, audit."""
