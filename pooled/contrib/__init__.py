"""Integrations with other packages, a module for each. A module needs its package."""
