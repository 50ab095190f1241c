"""The engine's HTTP app. The only place that imports starlette."""
