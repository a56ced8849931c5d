"""Measures of a talking face taken from finished videos: what was drawn is never asked, only what is seen and heard."""
