"""The gateway: doors on HTTP through which leads come in, answered only when they are durable."""
