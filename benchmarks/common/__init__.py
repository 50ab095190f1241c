"""What several benchmarks use: data sets, scores, baselines, clients, tables."""
