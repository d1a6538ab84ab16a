"""Message filters as a library of their own; imported as `rmqtw.filters`."""
