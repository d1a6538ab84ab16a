"""What `twistd` and `twist` find: the services, and the reactor they run on."""

from twisted.application.reactors import Reactor
from twisted.application.service import ServiceMaker

rmq = ServiceMaker(
    "rmqtw nameserver and broker", "rmqtw.tap.rmq",
    "A RocketMQ-compatible nameserver and broker in one process.", "rmq")
rmq_namesrv = ServiceMaker(
    "rmqtw nameserver", "rmqtw.tap.namesrv",
    "A RocketMQ-compatible nameserver.", "rmq-namesrv")
rmq_broker = ServiceMaker(
    "rmqtw broker", "rmqtw.tap.broker_service",
    "A RocketMQ-compatible broker.", "rmq-broker")

fast_reactor = Reactor(
    "rmqtw", "rmqtw.net.reactor",
    "epoll with a monotonic clock and a short way for reads; rmqtw's services use it by themselves.")
