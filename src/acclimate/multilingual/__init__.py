"""Several languages in one vector space: training for it, mining with it, measuring it."""
