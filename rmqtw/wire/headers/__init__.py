"""One typed class for each request and response header."""
