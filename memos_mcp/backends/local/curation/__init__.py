"""What people do with memories: edit, delete, move."""
