"""Starts MiniStack with local speed-ups, and ends with whoever started it if told so.

    python ministack_local.py INSTANCE_DIR [--until-stdin-closes]

INSTANCE_DIR is not read: it stands on the command line so that `cargo xtask` can tell its own process from
another one that got the same pid. Ports and folders come from the environment, as for plain `ministack`.

The speed-ups lean on the insides of MiniStack 1.5.33 and nothing may depend on them. Under another version, or
when those insides have changed, they are left out with a line in the log.
"""

import sys

import until_stdin_closes

MADE_FOR = "1.5.33"
FIRST_LOG_LINE_SECONDS = 0.005


def speed_up():
    from importlib.metadata import version

    if version("ministack") != MADE_FOR:
        raise RuntimeError(f"MiniStack is {version('ministack')}, not {MADE_FOR}")
    from ministack.core.lambda_runtime import ProvidedWorker, Worker

    build_handler_class = ProvidedWorker._build_handler_class
    drain = Worker._drain_stderr_bounded

    def without_nagle(self, *args, **kwargs):
        # Headers and body of an answer leave in two packets; with Nagle's algorithm the second one waits 40 ms
        # for the delayed acknowledgement of the first.
        handler = build_handler_class(self, *args, **kwargs)
        handler.disable_nagle_algorithm = True
        return handler

    def with_short_wait(self, first_line_wait=FIRST_LOG_LINE_SECONDS, **kwargs):
        # A function that logs nothing would otherwise hold its answer back for 50 ms.
        return drain(self, first_line_wait=first_line_wait, **kwargs)

    from ministack.services import s3

    get_object = s3._get_object

    def with_ranges_of_versions(bucket, key, headers, query_params=None):
        # A read of a version ignores its Range and answers the whole object, again for each part of it.
        status, answer, body = get_object(bucket, key, headers, query_params)
        wanted = headers.get("range", "")
        part = s3._parse_range(wanted, len(body)) if wanted and status == 200 else None
        if part is None:
            return status, answer, body
        start, end = part
        answer["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        answer["Content-Length"] = str(end + 1 - start)
        return 206, answer, body[start : end + 1]

    s3._get_object = with_ranges_of_versions
    ProvidedWorker._build_handler_class = without_nagle
    Worker._drain_stderr_bounded = with_short_wait


def main():
    until_stdin_closes.watch(sys.argv)
    # MiniStack reads its own arguments.
    sys.argv = ["ministack"]
    try:
        speed_up()
    except Exception as reason:
        print(f"started without the local speed-ups: {reason}", flush=True)

    from ministack.app import main as ministack

    ministack()


if __name__ == "__main__":
    main()
