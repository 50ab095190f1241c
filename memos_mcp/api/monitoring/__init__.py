"""What an operator sees of the calls: access log, audit log, metrics, health."""
