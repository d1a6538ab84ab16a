"""The nameserver: which broker serves which topic, and where it listens.

Everything is in memory and comes from the brokers' registrations (Java: `RouteInfoManager`);
a nameserver that restarts knows everything again one registration period later.
"""
