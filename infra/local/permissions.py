"""Compares the calls that the functions made with the grants of their roles.

    python permissions.py ENDPOINT REGION STACK CALLS [--all-used]

CALLS is what ministack_local.py wrote.
Fails if a call was denied, and with --all-used if a grant was never used. The result is one JSON document on standard
output: {"roles": 8, "grants": 61, "calls": 58}.
"""

import argparse
import json
from fnmatch import fnmatchcase
from pathlib import Path

from local_aws import answer, clients, fail

# Lambda itself reads queues and writes logs with the role of the function; locally it does so without calls.
BY_LAMBDA = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}
# Without this grant S3 answers 403 instead of 404 for an object that is not there. No call has this name.
BY_S3 = {"s3:ListBucket"}
# Used only after a stop between two calls, which no test of the stack can place; tests/world/feeds.rs does.
AFTER_A_STOP = {("PollFeedRole", "s3:GetObjectVersion")}
LAMBDA = "lambda.amazonaws.com"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("endpoint", "region", "stack"):
        parser.add_argument(name)
    parser.add_argument("calls", type=Path)
    parser.add_argument("--all-used", action="store_true")
    return parser.parse_args()


def listed(value):
    return value if isinstance(value, list) else [value]


def granted_actions(iam, role):
    """The actions that a role's policies allow, whatever the resource."""
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        documents.append(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
    return {
        action
        for document in documents
        for statement in listed(document["Statement"])
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }


def function_roles(iam, cloudformation, stack):
    """The roles of the stack that Lambda takes on, by their name in the template."""
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    for resource in resources:
        if resource["ResourceType"] != "AWS::IAM::Role":
            continue
        name = resource["PhysicalResourceId"]
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if LAMBDA in json.dumps(trust):
            yield resource["LogicalResourceId"], name


def main():
    options = arguments()
    client = clients(options.endpoint, options.region)
    iam, cloudformation = client("iam"), client("cloudformation")
    calls = [json.loads(line) for line in options.calls.read_text(encoding="utf-8").splitlines()]

    problems, roles, grants = [], 0, 0
    for logical, role in function_roles(iam, cloudformation, options.stack):
        roles += 1
        made = {call["action"]: call for call in calls if call["role"] == role}
        granted = granted_actions(iam, role)
        grants += len(granted)
        for action, call in sorted(made.items()):
            if not any(fnmatchcase(action, grant) for grant in granted):
                problems.append(f"{logical} calls {action} on {call['resource']} without a grant")
        if options.all_used:
            for grant in sorted(granted - BY_LAMBDA - BY_S3):
                is_used = any(fnmatchcase(action, grant) for action in made)
                if not is_used and (logical, grant) not in AFTER_A_STOP:
                    problems.append(f"{logical} is granted {grant}, which no test uses")
    for call in calls:
        if not call["allowed"]:
            problems.append(f"{call['role']} was denied {call['action']} on {call['resource']}")
    if problems:
        fail("the functions' permissions are not right:\n" + "\n".join(f"  {each}" for each in problems))
    answer({"roles": roles, "grants": grants, "calls": len(calls)})


if __name__ == "__main__":
    main()
