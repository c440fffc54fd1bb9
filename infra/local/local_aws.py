"""What the small scripts beside this one share: clients of the local instance, and finding a function by its name."""

import json
import sys

import boto3
from botocore.config import Config


def clients(endpoint, region):
    """Returns a function that makes a client of the local instance; it never talks to anything else."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    config = Config(retries={"max_attempts": 2, "mode": "standard"}, read_timeout=120, s3={"addressing_style": "path"})
    return lambda service: session.client(service, endpoint_url=endpoint, config=config)


def fail(message):
    """Ends the script with a message for the person in front of it."""
    print(f"error: {message}", file=sys.stderr, flush=True)
    raise SystemExit(1)


def say(message):
    """One line of progress; `cargo xtask` shows it."""
    print(message, file=sys.stderr, flush=True)


def answer(document):
    """The result, for the program that called."""
    print(json.dumps(document), flush=True)


def plain(name):
    """`split-import`, `SplitImport` and `SplitImportFunction` are one function."""
    return name.replace("-", "").replace("_", "").lower().removesuffix("function")


def function_named(cloudformation, stack, wanted):
    """The name that the stack gave to one of our functions."""
    try:
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    except cloudformation.exceptions.ClientError as refused:
        fail(f"there is no stack {stack}: {refused}. `cargo xtask up` creates it")
    functions = {
        plain(resource["LogicalResourceId"]): resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    physical = functions.get(plain(wanted))
    if physical is None:
        fail(f"no function {wanted}; there are: {', '.join(sorted(functions.values()))}")
    return physical
