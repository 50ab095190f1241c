"""Importing what other programs wrote, and exporting for people."""
