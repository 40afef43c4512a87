"""Where records come from and go to: Kafka, files, ticks, channel feeds, and fakes in memory."""

__part_of__ = "leadstream"
