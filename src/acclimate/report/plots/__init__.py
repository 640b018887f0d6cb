"""The report's figures: inline SVG, coloured by the page's style sheet."""
