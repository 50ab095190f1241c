"""What keeps the memory: the hosted service, or the store on this machine."""
