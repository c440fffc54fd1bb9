"""Prints what a function logged, from CloudWatch Logs of the local instance.

    python logs.py ENDPOINT REGION STACK FUNCTION [--follow]
"""

import sys
import time
from collections import Counter
from datetime import datetime, timezone

from botocore.exceptions import ClientError

from local_aws import clients, function_named

PAUSE_SECONDS = 0.5


def events(logs, group, since):
    """What was logged at or after `since`, oldest first; nothing while the function has not run yet.

    An answer holds 10,000 events at most, and MiniStack gives events no ids.
    """
    try:
        return logs.filter_log_events(logGroupName=group, startTime=since)["events"]
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise


def new_events(logs, group):
    """Yields events as they arrive, and None whenever there are no more at the moment."""
    since, seen = 0, Counter()
    while True:
        again, found = seen.copy(), False
        for event in events(logs, group, since):
            at, what = event["timestamp"], (event["logStreamName"], event["message"])
            if at == since and again[what]:
                again[what] -= 1
                continue
            if at > since:
                since, seen = at, Counter()
            seen[what] += 1
            found = True
            yield event
        if not found:
            yield None


def main():
    endpoint, region, stack, function = sys.argv[1:5]
    client = clients(endpoint, region)
    group = f"/aws/lambda/{function_named(client('cloudformation'), stack, function)}"
    shown = 0
    for event in new_events(client("logs"), group):
        if event is not None:
            shown += 1
            at = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
            print(f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {event['message'].rstrip()}", flush=True)
        elif "--follow" in sys.argv:
            time.sleep(PAUSE_SECONDS)
        else:
            break
    if not shown:
        print(f"{function} has logged nothing yet ({group})", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
