"""The embedded stack: a real MongoDB, a real Apache Kafka and a mail catcher as child processes."""
