"""What people do with memories: browse, edit, delete, move."""
