"""What is measured, on what data, beside what: run each as `python -m benchmarks.NAME`, `--help` says the rest."""
