"""One module for each format that can be imported; `transfer/registry.py` lists them."""
