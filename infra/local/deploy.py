"""Deploys infra/template.yaml and the built functions to the local instance, through CloudFormation.

Each binary is zipped once and stored under the hash of its content, so that a deployment without a change is a
question and an answer. Progress goes to standard error, one line for each step; the result is one JSON document on
standard output: {"stack": "created" | "updated" | "unchanged", "outputs": {...}, "uploaded": [...], "profiles": [...]}.
"""

import argparse
import hashlib
import io
import re
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

from botocore.exceptions import ClientError

from local_aws import answer, clients, fail, say

ARTIFACTS = "millrace-artifacts"
LARGEST_INLINE_TEMPLATE_BYTES = 51_200
DEADLINE_SECONDS = 300
API_ID = "{ApiId}"  # in a parameter: the id of the stack's API
SAMPLE_CLIENT = "2h3k4l5m6n7p8q9r0s1t2u3v4w"
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--functions", required=True, help="names, with commas between")
    parser.add_argument("--profiles", type=Path, required=True)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--sender", required=True)
    parser.add_argument("--operator", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--environment", type=Path, help="where to write the functions' variables, for cargo-lambda")
    return parser.parse_args()


def exists(head, **what):
    try:
        head(**what)
        return True
    except ClientError as refused:
        if refused.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False


def zipped(binary):
    """The archive that Lambda wants: one executable entry named `bootstrap`."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_STORED  # it travels over loopback: deflating costs more than it saves
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, binary)
    return buffer.getvalue()


def upload_functions(s3, folder, names):
    """Stores what is not there yet. Returns {name: s3 address} and the names that were new."""
    addresses, new = {}, []
    for name in names:
        path = folder / name
        if not path.is_file():
            fail(f"{path} was not built")
        binary = path.read_bytes()
        key = f"{name}/{hashlib.sha256(binary).hexdigest()[:32]}.zip"
        if not exists(s3.head_object, Bucket=ARTIFACTS, Key=key):
            say(f"uploading {name}")
            s3.put_object(Bucket=ARTIFACTS, Key=key, Body=zipped(binary))
            new.append(name)
        addresses[name] = f"s3://{ARTIFACTS}/{key}"
    return addresses, new


def with_code(template, addresses):
    """The template with each CodeUri that names one of our functions pointing at the upload."""
    missing = set(addresses)

    def replace(found):
        parts = re.split(r"[/\\]", found["path"].strip("\"'"))
        for name, address in addresses.items():
            if name in parts or f"{name}.zip" in parts:
                missing.discard(name)
                return f"{found['key']}{address}"
        return found[0]

    text = re.sub(r"(?P<key>\bCodeUri:\s*)(?P<path>[^\s,}#]+)", replace, template)
    if missing:
        fail(f"no CodeUri in the template names: {', '.join(sorted(missing))}")
    return text


def status(cloudformation, stack):
    """None when there is no such stack."""
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as refused:
        if "does not exist" in str(refused):
            return None
        raise


def settled(cloudformation, stack):
    """Waits until nothing is going on with the stack, and returns its status."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (now := status(cloudformation, stack)) and now.endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            fail(f"the stack {stack} is still {now} after {DEADLINE_SECONDS} s")
        time.sleep(0.1)
    return None if now == "DELETE_COMPLETE" else now


def start_afresh_if_broken(cloudformation, endpoint, stack):
    """A stack that was never whole holds nothing, but what it leaves behind is in the way of the next one."""
    now = settled(cloudformation, stack)
    if now is not None and now not in DONE:
        say(f"emptying the instance: the stack is {now}")
        request = urllib.request.Request(f"{endpoint}/_ministack/reset", method="POST")
        urllib.request.urlopen(request, timeout=60).close()


def reasons(cloudformation, stack):
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]


def apply(cloudformation, s3, endpoint, stack, template, parameters):
    """Creates or updates the stack; returns which, or that nothing changed."""
    request = {
        "StackName": stack,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    if len(template.encode()) <= LARGEST_INLINE_TEMPLATE_BYTES:
        request["TemplateBody"] = template
    else:
        key = f"template/{hashlib.sha256(template.encode()).hexdigest()[:32]}.yaml"
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=template.encode())
        request["TemplateURL"] = f"{endpoint}/{ARTIFACTS}/{key}"

    before = settled(cloudformation, stack)
    try:
        if before is None:
            say("creating the stack")
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
            say("updating the stack")
    except ClientError as refused:
        if "No updates are to be performed" in str(refused):
            return "unchanged"
        fail(f"CloudFormation refused the template: {refused.response['Error']['Message']}")
    after = settled(cloudformation, stack)
    if after != ("CREATE_COMPLETE" if before is None else "UPDATE_COMPLETE"):
        fail("\n".join([f"the stack {stack} is {after}:", *reasons(cloudformation, stack)]))
    return "created" if before is None else "updated"


def outputs_of(cloudformation, stack):
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


def upload_profiles(s3, bucket, folder):
    """Bank profiles of the repository go where split-import looks for them."""
    names = []
    for path in sorted(folder.glob("*.json")):
        key, body = f"profiles/{path.name}", path.read_bytes()
        try:
            same = s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
        except s3.exceptions.NoSuchKey:
            same = False
        if not same:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
        names.append(path.stem)
    return names


def ensure_operator(cognito, pool, user, password):
    """A user who may see everything. On AWS people are invited; here there is nobody to invite."""
    for attempt, done in (
        (lambda: cognito.create_group(UserPoolId=pool, GroupName="operator"), "GroupExistsException"),
        (
            lambda: cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS"),
            "UsernameExistsException",
        ),
    ):
        try:
            attempt()
        except ClientError as refused:
            if refused.response["Error"]["Code"] != done:
                raise
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName="operator")


def write_environment(file, client, stack, endpoint, region):
    """All variables of all functions, which mean the same everywhere, so that a function can run outside the stack."""
    found = client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    functions = [each["PhysicalResourceId"] for each in found if each["ResourceType"] == "AWS::Lambda::Function"]
    variables = {}
    for name in functions:
        environment = client("lambda").get_function_configuration(FunctionName=name).get("Environment", {})
        for key, value in environment.get("Variables", {}).items():
            if variables.setdefault(key, value) != value:
                fail(f"{key} is not the same for all functions")
    # The client of events/aws/serve-customers.json, too.
    variables["USER_POOL_CLIENT_IDS"] += f",{SAMPLE_CLIENT}"
    variables |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    lines = [f"{key}={value}\n" for key, value in sorted(variables.items()) if value]
    file.write_text("".join(lines), encoding="utf-8")


def main():
    options = arguments()
    client = clients(options.endpoint, options.region)
    s3, cloudformation = client("s3"), client("cloudformation")

    start_afresh_if_broken(cloudformation, options.endpoint, options.stack)
    if not exists(s3.head_bucket, Bucket=ARTIFACTS):
        s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": options.region})
    addresses, uploaded = upload_functions(s3, options.binaries, options.functions.split(","))
    template = with_code(options.template.read_text(encoding="utf-8"), addresses)
    parameters = dict(each.split("=", 1) for each in options.parameter)
    created = settled(cloudformation, options.stack) is None
    if created:
        # The address of the API is known only when the stack exists.
        first = {key: "" if API_ID in value else value for key, value in parameters.items()}
        apply(cloudformation, s3, options.endpoint, options.stack, template, first)
    api = outputs_of(cloudformation, options.stack).get("ApiId", "")
    parameters = {key: value.replace(API_ID, api) for key, value in parameters.items()}
    applied = apply(cloudformation, s3, options.endpoint, options.stack, template, parameters)
    stack = "created" if created else applied
    outputs = outputs_of(cloudformation, options.stack)
    for needed in ("FilesBucket", "ApiId", "UserPoolId", "UserPoolClientId"):
        if needed not in outputs:
            fail(f"the template has no output {needed}")

    say("sender, operator and profiles")
    client("ses").verify_email_identity(EmailAddress=options.sender)
    ensure_operator(client("cognito-idp"), outputs["UserPoolId"], options.operator, options.password)
    profiles = upload_profiles(s3, outputs["FilesBucket"], options.profiles)
    if options.environment:
        write_environment(options.environment, client, options.stack, options.endpoint, options.region)
    answer({"stack": stack, "outputs": outputs, "uploaded": uploaded, "profiles": profiles})


if __name__ == "__main__":
    try:
        main()
    except ClientError as refused:
        fail(f"{refused.operation_name} was refused: {refused.response['Error']['Message']}")
    except KeyboardInterrupt:
        sys.exit(130)
