"""The seams of the house, as zope interfaces."""
