import pytest
from twisted.internet.task import Clock
from twisted.plugin import getPlugins
from twisted.python.reflect import namedAny

from rmqtw.declare.plugins import (
    AUTH,
    STORE,
    IProviderMaker,
    LazyMaker,
    ProviderContext,
    UnknownProvider,
    describe,
    find_maker,
    makers,
)


def test_the_shipped_makers_are_found():
    """`--store` and `--auth` know what rmqtw brings, through Twisted's plugin system."""
    assert {"file", "memory"} <= set(makers(STORE))
    assert {"loopback", "none"} <= set(makers(AUTH))
    assert all(IProviderMaker.providedBy(maker) for maker in getPlugins(IProviderMaker))


@pytest.mark.parametrize(("text", "tag", "argument"), [
    ("file", "file", ""), ("file:/a:b", "file", "/a:b"), ("memory:", "memory", "")])
def test_a_maker_is_chosen_by_its_tag(text, tag, argument):
    """Everything after the first colon is the argument, further colons included."""
    maker, rest = find_maker(STORE, text)
    assert (maker.tag, rest) == (tag, argument)


def test_an_unknown_tag_lists_the_known_ones():
    """A slip in a plugin's name is answered with the nearest and with all there are."""
    with pytest.raises(UnknownProvider) as caught:
        find_maker(STORE, "memroy")
    assert "did you mean memory?; known: file, memory" in str(caught.value)
    with pytest.raises(UnknownProvider, match="known: none is installed"):
        find_maker(STORE, "file", find=list)


def test_help_shows_argument_formats():
    """The list says what to write after the colon."""
    made = [
        LazyMaker(STORE, "tape", "Slow.", "DEVICE", "x.y"), LazyMaker(AUTH, "no", "Not shown.", "", "x.y")]
    assert describe(STORE, find=lambda: made) == "  tape:DEVICE  Slow.\n"


def test_a_lazy_maker_calls_its_function():
    """A plugin of somebody else needs no import until it is chosen."""
    maker = LazyMaker(STORE, "pair", "A pair.", "", "builtins.divmod")
    assert maker.make(7, 2) == (3, 1)


def test_the_shipped_authentication_is_what_its_help_says():
    """`none` serves other machines, `loopback` refuses them."""
    from rmqtw.wire.errors import NoPermission

    class Stranger:
        host, is_loopback = "203.0.113.9", False

    context = ProviderContext(settings=None, clock=Clock(), wall=lambda: 0, end_of_turn=None)
    everybody = find_maker(AUTH, "none")[0].make("", context)
    assert everybody.authenticator.authenticate(None, Stranger).name == "anonymous"
    here_only = find_maker(AUTH, "loopback")[0].make("", context)
    with pytest.raises(NoPermission, match=r"only peers on this machine are served, not 203\.0\.113\.9"):
        here_only.authenticator.authenticate(None, Stranger)
    with pytest.raises(ValueError, match="none takes no argument, not '/x'"):
        find_maker(AUTH, "none")[0].make("/x", context)


@pytest.mark.parametrize("kind", [STORE, AUTH])
def test_every_shipped_maker_names_a_function_that_is_there(kind):
    """No plugin that is listed turns out to be missing when it is chosen."""
    for maker in makers(kind).values():
        if isinstance(maker, LazyMaker):
            assert callable(namedAny(maker.function))
