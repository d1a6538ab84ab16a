"""Messages in files: Apache RocketMQ's layout, byte for byte."""
