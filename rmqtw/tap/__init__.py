"""What `twistd` starts: options, and the only place that wires services together."""
