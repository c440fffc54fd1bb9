"""Five calls with the Python client that is generated from the OpenAPI document."""

import os

from millrace_client import AuthenticatedClient
from millrace_client.api.accounts import get_account, get_balance, get_history
from millrace_client.api.customers import list_customers
from millrace_client.api.imports import get_import
from millrace_client.models import Bucket, Problem
from datetime import date

client = AuthenticatedClient(base_url=os.environ["MILLRACE_API"], token=os.environ["MILLRACE_TOKEN"])
account = os.environ["MILLRACE_ACCOUNT"]

customers = list_customers.sync(client=client, limit=1)
assert len(customers.items) == 1, customers

balance = get_balance.sync(account, client=client, on=date(2026, 7, 31))
assert [(it.amount, it.currency) for it in balance.balances] == [("50.20", "EUR")], balance

history = get_history.sync(account, client=client, by=Bucket.MONTH)
assert [it.from_ for it in history.buckets] == [date(2026, 7, 1), date(2026, 8, 1)], history

report = get_import.sync(os.environ["MILLRACE_IMPORT"], client=client)
assert (report.state, report.entries.made) == ("done", 4), report

unknown = get_account.sync("NONE", client=client)
assert isinstance(unknown, Problem) and unknown.status == 404, unknown

print("5 calls with the Python client")
