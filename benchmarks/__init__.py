"""What is measured, on what data, beside what: each run as `python -m benchmarks.FOLDER.NAME --help` says."""
