"""Where raw leads become durable: the one way in for the gateway, for pulls and for imports into a topic."""
