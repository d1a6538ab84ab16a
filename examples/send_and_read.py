"""Send some messages and read them back: `python examples/send_and_read.py [NAMESERVER] [TOPIC]`.

Needs a running nameserver and broker, such as `twistd -n rmq`.
"""

import sys

from twisted.internet.task import react

from rmqtw.client.consumer.reader import Reader, Start
from rmqtw.client.producer import Producer
from rmqtw.tap import client

COUNT = 8


async def main(reactor, nameservers="127.0.0.1:9876", topic="Greetings"):
    """Send, read until everything that was sent has come back, and close."""
    rmq = client(nameservers, reactor)
    try:
        sent = await send(rmq, topic)
        await read(rmq, topic, sent)
    finally:
        await rmq.close()


async def send(rmq, topic):
    """Send messages one after the other; return their ids."""
    producer = Producer(rmq, "ExampleProducers")
    sent = set()
    for number in range(COUNT):
        result = await producer.send(topic, f"hello {number}".encode(), tags="hello", keys=[f"key{number}"])
        print(f"sent {result.message_id} to queue {result.queue.queue_id}, offset {result.queue_offset}")
        sent.add(result.message_id)
    return sent


async def read(rmq, topic, wanted):
    """Read from the topic's first message on, until all wanted ones were there."""
    missing = set(wanted)

    def take(message):
        if message.message_id in missing:
            missing.remove(message.message_id)
            print(f"read {message.content().decode()!r} with tag {message.tags}")
        if not missing:
            reader.stop()

    reader = Reader(rmq, topic, take, tags="hello || goodbye", start=Start.FIRST)
    await reader.run()


if __name__ == "__main__":
    react(main, sys.argv[1:])
