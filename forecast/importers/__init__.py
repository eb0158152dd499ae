"""Importers: from what a tracker exports to a portfolio that can be forecast at once."""
