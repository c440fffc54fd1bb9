// Five calls with the TypeScript client that is generated from the OpenAPI document.

import { deepStrictEqual } from "node:assert";
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const { MILLRACE_API, MILLRACE_TOKEN, MILLRACE_ACCOUNT, MILLRACE_IMPORT } = process.env;
if (!MILLRACE_API || !MILLRACE_TOKEN || !MILLRACE_ACCOUNT || !MILLRACE_IMPORT) {
  throw new Error("MILLRACE_API, MILLRACE_TOKEN, MILLRACE_ACCOUNT and MILLRACE_IMPORT are required");
}
const account = MILLRACE_ACCOUNT;
const client = createClient<paths>({ baseUrl: MILLRACE_API, headers: { authorization: `Bearer ${MILLRACE_TOKEN}` } });

const customers = await client.GET("/customers", { params: { query: { limit: 1 } } });
deepStrictEqual(customers.data?.items.length, 1);

const balance = await client.GET("/accounts/{account}/balance", {
  params: { path: { account }, query: { on: "2026-07-31" } },
});
deepStrictEqual(balance.data?.balances, [{ amount: "50.20", currency: "EUR" }]);

const history = await client.GET("/accounts/{account}/history", {
  params: { path: { account }, query: { by: "month" } },
});
deepStrictEqual(history.data?.buckets.map((bucket) => bucket.from), ["2026-07-01", "2026-08-01"]);

const report = await client.GET("/imports/{import}", { params: { path: { import: MILLRACE_IMPORT } } });
deepStrictEqual([report.data?.state, report.data?.entries.made], ["done", 4]);

const unknown = await client.GET("/accounts/{account}", { params: { path: { account: "NONE" } } });
deepStrictEqual([unknown.response.status, unknown.data], [404, undefined]);
deepStrictEqual(unknown.error && "status" in unknown.error && unknown.error.status, 404);

console.log("5 calls with the TypeScript client");
