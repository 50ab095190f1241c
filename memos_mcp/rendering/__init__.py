"""What backends, tools and hooks share of showing memories to a model: ordered evidence, excerpts, instructions."""
