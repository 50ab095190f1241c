"""The hosts: where each keeps its servers, and how an entry is written, read, taken out and tried.

`jsonc`, `toml` and `yaml` change a text in place. They raise a `ValueError` where it is not valid, or where what else
stands in it would not stay as it is; `changes` and `hooks` make a `NotChanged` of it, which says why.
"""
