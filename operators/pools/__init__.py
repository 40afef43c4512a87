"""Who holds what: an advisor's private pool (私有池), the store's room that counts it, and the commands that move leads."""
