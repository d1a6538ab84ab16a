"""A nameserver and two brokers inside a Twisted program of your own.

    twistd -ny examples/app.tac

The program listens on 9876, 10911 and 10921 (all moved by the environment's PORT_OFFSET) and keeps
the messages of each broker in a folder of its own below ./data.
"""

# First of all: rmqtw's reactor can only be chosen before anything imports `twisted.internet.reactor`.
# Without these two lines everything works too, on Twisted's own reactor, and each message costs more.
from rmqtw.tap.fastreactor import install_fast_reactor

install_fast_reactor()

import os

from twisted.application.service import Application, MultiService
from twisted.internet import reactor

from rmqtw import tap
from rmqtw.declare.settings import BrokerSettings, NameserverSettings
from rmqtw.tap.foreground import Foreground

offset = int(os.environ.get("PORT_OFFSET", "0"))
services = MultiService()

nameserver = tap.nameserver(NameserverSettings(port_offset=offset), reactor)
nameserver.setServiceParent(services)

for name, port in (("broker-a", 10911), ("broker-b", 10921)):
    settings = BrokerSettings(
        broker_name=name, listen_port=port, port_offset=offset, store_path_root_dir=f"data/{name}"
    )
    tap.broker(settings, reactor).setServiceParent(services)

application = Application("app")

# `Foreground` tells what keeps the program from starting in one line instead of a traceback, and keeps
# impatient signals from disturbing a stop. `services.setServiceParent(application)` does without it.
Foreground(services, reactor).setServiceParent(application)
