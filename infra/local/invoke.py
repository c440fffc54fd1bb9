"""Calls one function of the local instance with an event, and prints its answer and what it logged.

The token of an event of the HTTP API is taken for one of this stack's client.

    python invoke.py ENDPOINT REGION STACK FUNCTION EVENT_FILE
"""

import base64
import json
import sys
from pathlib import Path

from local_aws import clients, fail, function_named


def main():
    endpoint, region, stack, function, file = sys.argv[1:6]
    try:
        event = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        fail(f"{file}: {reason}")
    client = clients(endpoint, region)
    name = function_named(client("cloudformation"), stack, function)
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims")
    if claims is not None:
        outputs = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        claims["client_id"] = next(it["OutputValue"] for it in outputs if it["OutputKey"] == "UserPoolClientId")
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
    if log := base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace").rstrip():
        print(log, file=sys.stderr)
    body = answer["Payload"].read().decode("utf-8", "replace")
    try:
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        pass  # not JSON: printed unchanged
    print(body, flush=True)
    if "FunctionError" in answer:
        fail(f"{function} failed: {answer['FunctionError']}")


if __name__ == "__main__":
    main()
