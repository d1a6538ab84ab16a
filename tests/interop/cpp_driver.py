"""Drives the C++ client of the PyPI wheel, whose venv runs this; obeys what java/client/Driver.java obeys."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
import threading
import time
from itertools import groupby

from rocketmq.client import ConsumeStatus, Message, Producer, PushConsumer
from rocketmq.ffi import _CMQException, _CSendResult, _CStatus, dll

OUTPUT = sys.stdout
LOCK = threading.Lock()
BATCH = 16

# The wheel's binding leaves these out. Both callbacks take their structure by value; their last argument
# is what the caller passed to SendAsync.
SUCCESS = ctypes.CFUNCTYPE(None, _CSendResult, ctypes.c_void_p, ctypes.c_void_p)
FAILURE = ctypes.CFUNCTYPE(None, _CMQException, ctypes.c_void_p, ctypes.c_void_p)
dll.SendAsync.argtypes = [ctypes.c_void_p, ctypes.c_void_p, SUCCESS, FAILURE, ctypes.c_void_p]
dll.SendAsync.restype = _CStatus


def report(event, **fields):
    """Print one JSON object as a line."""
    line = json.dumps({"event": event, **{k: v for k, v in fields.items() if v is not None}})
    with LOCK:
        OUTPUT.write(line + "\n")
        OUTPUT.flush()


def now():
    return int(time.time() * 1000)


class Planned:
    """One line of a plan."""

    def __init__(self, line):
        seq, self.kind, self.tag, self.key, size, self.shape = line.rstrip("\n").split("\t")
        self.seq, self.size = int(seq), int(size)

    def message(self, topic):
        message = Message(topic)
        message.set_keys(self.key)
        unit = f"{self.key} ".encode()
        message.set_body((unit * (self.size // len(unit) + 1))[: self.size])
        if self.tag:
            message.set_tags(self.tag)
        if self.shape:
            message.set_property("shape", self.shape)
        return message

    def sent(self, result=None):
        known = (
            {}
            if result is None
            else {"id": result.msg_id, "offset": result.offset, "status": result.status.name}
        )
        report("sent", seq=self.seq, kind=self.kind, **known)

    def failed(self, error):
        report("failed", seq=self.seq, kind=self.kind, error=repr(error))


class Sending:
    """Sends a plan with one producer from one thread; one line per message."""

    def __init__(self, options):
        self.options, self.topic = options, options["topic"]
        self.producer = Producer(options["group"], timeout=15000)
        self.producer.set_namesrv_addr(options["namesrv"])
        dll.SetProducerInstanceName(self.producer._handle, f"producer-{self.topic}".encode())
        self.free = threading.Semaphore(64)
        self.waiting = {}
        self.success, self.failure = SUCCESS(self.on_success), FAILURE(self.on_failure)
        self.producer.start()

    def run(self):
        with open(self.options["plan"], encoding="utf-8") as plan:
            messages = [Planned(line) for line in plan]
        start, rate = time.monotonic(), float(self.options["rate"])
        for kind, run in groupby(messages, key=lambda planned: planned.kind):
            items = list(run)
            time.sleep(max(0.0, start + items[0].seq / rate - time.monotonic()))
            getattr(self, kind)(items)
        for _ in range(64):
            self.free.acquire(timeout=30)
        self.producer.shutdown()
        report("done", topic=self.topic)

    def each(self, items, send):
        for planned in items:
            message = planned.message(self.topic)
            try:
                planned.sent(send(message))
            except Exception as error:
                planned.failed(error)
            message.destroy()

    def sync(self, items):
        self.each(items, self.producer.send_sync)

    def oneway(self, items):
        self.each(items, self.producer.send_oneway)

    def orderly(self, items):
        self.each(items, lambda message: self.producer.send_orderly_with_sharding_key(message, "one"))

    def batch(self, items):
        """The answer is about the batch as a whole, so only the content tells what arrived."""
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            batch, result = dll.CreateBatchMessage(), _CSendResult()
            messages = [planned.message(self.topic) for planned in part]
            for message in messages:
                dll.AddMessage(batch, message._handle)
            status = dll.SendBatchMessage(self.producer._handle, batch, ctypes.pointer(result))
            for planned in part:
                planned.sent() if status == 0 else planned.failed(status)

    def async_(self, items):
        for planned in items:
            self.free.acquire()
            message = planned.message(self.topic)
            self.waiting[planned.seq] = planned, message
            dll.SendAsync(self.producer._handle, message._handle, self.success, self.failure, planned.seq)

    def answered(self, seq):
        planned, _message = self.waiting.pop(seq or 0)
        self.free.release()
        return planned

    def on_success(self, result, _message, seq):
        report("sent", seq=seq or 0, kind="async", id=result.msgId.decode(), offset=result.offset)
        self.answered(seq)

    def on_failure(self, error, _message, seq):
        self.answered(seq).failed(error.msg)


setattr(Sending, "async", Sending.async_)


class Consuming:
    """A push consumer with one thread."""

    def __init__(self, options):
        self.name = options["name"]
        self.consumer = PushConsumer(options["group"])
        self.consumer.set_namesrv_addr(options["namesrv"])
        self.consumer.set_instance_name(self.name)
        self.consumer.set_thread_count(1)
        self.consumer.subscribe(options["topic"], self.got, options["expression"])
        self.consumer.start()
        report("consuming", name=self.name, t=now())

    def got(self, message):
        body, shape = message.body, message.get_property("shape")
        report(
            "got",
            name=self.name,
            t=now(),
            id=message.id,
            topic=message.topic,
            queue=message.queue_id,
            offset=message.queue_offset,
            tag=message.tags.decode() or None,
            key=message.keys.decode(),
            shape=shape.decode() if shape else None,
            size=len(body),
            reconsumed=message.reconsume_times,
            hash=hashlib.sha256(body).hexdigest()[:16],
        )
        return ConsumeStatus.CONSUME_SUCCESS


def obey(words, consumers):
    options = dict(word.split("=", 1) for word in words[1:])
    if words[0] == "send":
        threading.Thread(target=Sending(options).run, daemon=True).start()
    elif words[0] == "consume":
        consumers[options["name"]] = Consuming(options)
    elif words[0] == "stop":
        consumers[options["name"]].consumer.shutdown()
        report("stopped", name=options["name"], t=now())


def main():
    report("ready", pid=os.getpid())
    consumers = {}
    for line in sys.stdin:
        try:
            obey(line.rstrip("\n").split("\t"), consumers)
        except Exception as error:
            report("failed", command=line.split("\t")[0], error=repr(error))
    os._exit(0)  # the core's static destructors wait for threads that never end


main()
