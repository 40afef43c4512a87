"""Apache Kafka: settings, the questions to the broker, reading, writing, topics."""
