"""Who is told what, how, and once: `tell` is for every room above this one."""

from customers.notices.kinds import Kind
from customers.notices.telling import tell

__all__ = ["Kind", "tell"]
