"""What an owner does with the memory of a machine: look at it, stop it, back it up, find out what is wrong."""
