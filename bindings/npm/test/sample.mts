// A user's program, for `tsc` alone.
import { load, Oracle, type Command, type Decision } from "enterprise-credentials";

const oracle: Oracle = await load();
const { result, error } = oracle.call({ call: "begin" });
if (error) throw new Error(`${error.kind}: ${error.message}`);
const command: Command = { type: "CreateEnterprise", slug: "octo-corp", kind: "managed_users" };
const answer = oracle.call({ call: "carry_out", handle: result.handle, at: "2026-03-10T09:00:00.000Z", command });
const decision: Decision | undefined = answer.result;
const status: number | null | undefined = decision?.refused?.status;
const types: string[] | undefined = decision?.accepted?.events.map(({ type }) => type);
// @ts-expect-error an id is a number
oracle.call({ call: "access", handle: 1, credential: "901" });
// @ts-expect-error only requests to revoke have a plan
oracle.call({ call: "plan", handle: 1, command });
// @ts-expect-error there is no such field
oracle.call({ call: "end", handle: 1, organization: 3 });
export { status, types };
