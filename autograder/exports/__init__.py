"""What a run's records become for other systems: each file here writes one system's own format."""
