"""Starts MiniStack with permissions enforced and with local speed-ups, and optionally ends together with its parent process.

    python ministack_local.py INSTANCE_DIR [--until-stdin-closes]

INSTANCE_DIR receives `calls.jsonl`, and lets `cargo xtask` distinguish its process from another one with the same pid.
Ports and folders come from the environment, as for plain `ministack`.

All of this leans on the insides of MiniStack 1.5.33. Nothing may depend on the speed-ups: under another version, or when
those insides have changed, they are left out with a line in the log. Without the rest it does not start.
"""

import json
import sys
from pathlib import Path

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


def answer_preflights():
    """CloudFormation spells the settings of CORS with capitals, MiniStack reads them without."""
    from ministack.services import apigateway

    def with_small_letters(answer):
        return lambda settings, origin: answer({key[0].lower() + key[1:]: it for key, it in settings.items()}, origin)

    apigateway._cors_response_headers = with_small_letters(apigateway._cors_response_headers)
    apigateway._cors_preflight_response = with_small_letters(apigateway._cors_preflight_response)


def enforce_permissions(folder):
    """A function's call without a grant fails as on AWS; `calls.jsonl` gets a line for each action of each role."""
    from ministack import app
    from ministack.core import iam_evaluator

    app.AUTH = True
    enforce, pin_request_origin = iam_evaluator.enforce, iam_evaluator.pin_request_origin
    calls = open(folder / "calls.jsonl", "a", encoding="utf-8", buffering=1)
    recorded = set()

    def role(access_key, account):
        principal = iam_evaluator.resolve_principal(access_key or "", account)
        arn = getattr(principal, "arn", "")
        return arn.split("/")[1] if ":assumed-role/" in arn else None

    def recorded_and_enforced(access_key, action, service, region, resource_arn="*", service_context=None):
        from ministack.core.responses import get_account_id

        # IAM only has the action for one message, and checks it once for a batch.
        action = action.replace("MessageBatch", "Message")
        denied = enforce(access_key, action, service, region, resource_arn, service_context)
        name = role(access_key, get_account_id())
        # The identity that a mail is sent from is not known here, so the resource of that grant is not compared.
        if name and action == "ses:SendRawEmail":
            denied = None
        call = (name, action, denied is None)
        if name and call not in recorded:
            recorded.add(call)
            line = {"role": name, "action": action, "resource": resource_arn, "allowed": denied is None}
            calls.write(json.dumps(line) + "\n")
        return denied

    iam_evaluator.enforce = recorded_and_enforced
    # The laptop uses HTTP; the template keeps the policies that refuse calls without TLS.
    app.pin_request_origin = lambda source_ip, _: pin_request_origin(source_ip, True)


def main():
    until_stdin_closes.watch(sys.argv)
    folder = Path(sys.argv[1])
    # MiniStack reads its own arguments.
    sys.argv = ["ministack"]
    try:
        speed_up()
    except Exception as reason:
        print(f"started without the local speed-ups: {reason}", flush=True)

    answer_preflights()
    enforce_permissions(folder)
    from ministack.app import main as ministack

    ministack()


if __name__ == "__main__":
    main()
