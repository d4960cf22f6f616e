#!/usr/bin/env python
"""Django's command line for the dashboard."""

import os
import sys

from codatdash.startup import check_settings, operator_errors

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codatdash.settings")
    # Commands take longer than pages: migrations, the deletion of old payloads. The worker's statements are short.
    if sys.argv[1:2] != ["work"]:
        os.environ.setdefault("DATABASE_TIMEOUT", "3600")
    from django.core.management import execute_from_command_line

    check_settings()
    with operator_errors():
        execute_from_command_line(sys.argv)
