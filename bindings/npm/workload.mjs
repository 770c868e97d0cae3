// The requests by which carriers of the oracle are compared: `node workload.mjs` prints them, one a line.
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const MEMBERS = 2_000;
const CREDENTIALS = 8_000;
const START = Date.parse("2026-03-10T09:00:00Z");

if (argv[1] === fileURLToPath(import.meta.url)) console.log(commands().join("\n"));

// An enterprise that grows, a revocation of everything, and its job.
export function commands() {
  const commands = [{ type: "CreateEnterprise", slug: "octo-corp", kind: "managed_users" }];
  commands.push({ type: "AddOrganization", organization: 1, login: "octo-org" });
  for (let member = 1; member <= MEMBERS; member += 1) {
    commands.push({ type: "AddMember", member, login: `user-${member}`, role: member === 1 ? "owner" : "member" });
  }
  for (let credential = 1; credential <= CREDENTIALS; credential += 1) {
    const owner = 1 + (credential % MEMBERS);
    commands.push({ type: "IssueCredential", credential, owner, kind: "classic_pat", scopes: ["repo"] });
    commands.push({ type: "AuthorizeCredential", credential, organization: 1 });
  }
  const revocation = commands.length + 1;
  commands.push({ type: "RevokeAll", caller: { person: 1 }, revoke_credentials: true });
  for (let batch = 0; batch < CREDENTIALS / 10; batch += 1) {
    commands.push({ type: "ContinueRevocation", revocation, limit: 10 });
  }
  const carriedOut = commands.map((command, second) => {
    const at = new Date(START + 1000 * second).toISOString();
    return JSON.stringify({ call: "carry_out", handle: 1, at, command });
  });
  return ['{"call":"begin"}', ...carriedOut];
}
