"""Kafka out: once, or in transactions."""
