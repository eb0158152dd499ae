"""Trackers: their issues fetched live, over https, and only ever read."""
