"""Administrative requests that a broker answers."""
