"""An index folder and an adapted model in other people's tools; one file for each."""
