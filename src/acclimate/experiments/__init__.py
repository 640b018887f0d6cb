"""Experiments: systems compared on corpora with seeds, as one table with its figures."""
