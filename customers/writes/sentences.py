"""What a write's state means, as sentences."""

from customers.models import Write
from customers.writes.journal import State

_SENTENCES = {
    State.SENDING: "Being sent to Codat.",
    State.PENDING: "Codat has it and is passing it on to {platform}. That takes seconds to minutes,"
    " longer where the software runs on somebody's desktop.",
    State.SUCCESS: "{platform} has accepted it.",
    State.FAILED: "Nothing was changed in {platform}.",
    State.TIMED_OUT: "Codat stopped waiting for {platform}. The change may still have happened, or"
    " happen later: look in {platform} before saving it again.",
    State.UNKNOWN: "No answer came back, so nobody can know yet whether it arrived. Do not save it again"
    " before this is settled.",
}


_FAULT = (
    "Codat answered with a fault ({status}), so nobody can know yet whether it took this up. Do not save it"
    " again before this is settled."
)


def sentence(write: Write) -> str:
    """What a write's state means, for the person at the screen."""
    if write.state == State.FAILED and write.sent_at is None:
        return "It was never sent: nothing was changed."
    if write.state == State.UNKNOWN and write.status_code:
        return _FAULT.format(status=write.status_code)
    platform = write.platform_name or "the accounting software"
    return _SENTENCES[State(write.state)].format(platform=platform)
