"""The inbox: a folder of append-only segments into which a door writes what is durable, and which a run follows."""
