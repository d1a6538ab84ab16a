"""What is declared once: settings, wire fields, plugins. No reactor, no disk."""
