// Whatever is asked of the service is asked of the oracle, and the answers must be the same. `node --test`
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "enterprise-credentials";
import fc from "fast-check";
import { Enterprise, ask } from "./service.mjs";

const START = Date.parse("2026-03-10T09:00:00Z");
const BEGINNING = [
  { type: "CreateEnterprise", slug: "octo-corp", kind: "managed_users" },
  { type: "AddOrganization", organization: 1, login: "octo-org" },
  { type: "AddMember", member: 1, login: "mona", role: "owner" },
];

const upTo = (max) => fc.integer({ min: 1, max });
const [member, credential, organization, revoke_credentials] = [upTo(3), upTo(4), upTo(1), fc.boolean()];
const caller = fc.record({ person: member });
const role = fc.constantFrom("member", "guest_collaborator", "billing_manager");
const kind = fc.constantFrom("classic_pat", "ssh_key", "oauth_app_user_token");
const credential_type = fc.constantFrom("classic_pat", "oauth_app_token");
const command = (type, fields) => fc.record({ type: fc.constant(type), ...fields }).map((command) => new Step(command));

class Step {
  constructor(command) {
    this.command = command;
  }
  toString = () => JSON.stringify(this.command);
  check = () => true;
  async run(oracle, service) {
    const at = new Date(START + 1000 * oracle.steps++).toISOString();
    const command = "nth" in this.command ? oracle.nextBatch(this.command.nth) : this.command;
    assert.deepEqual(await service.carryOut(command, at), await oracle.carryOut(command, at));
    assert.deepEqual(await service.access(at), await oracle.access(at), "who may do what after that");
  }
}

const steps = [
  upTo(3).chain((id) => command("AddMember", { member: fc.constant(id), login: fc.constant(`user-${id}`), role })),
  command("RemoveMember", { member }),
  command("IssueCredential", { credential, owner: member, kind }),
  command("AuthorizeCredential", { credential, organization }),
  command("RevokeAll", { caller, revoke_credentials }),
  command("Revoke", { caller, person: member, revoke_credentials }),
  command("Revoke", { caller, organization, credential_type }),
  command("ContinueRevocation", { nth: fc.nat({ max: 3 }) }),
];

test("the service answers as the oracle does", async () => {
  const oracle = await load();
  const sameAnswers = fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: "max" }), async (steps) => {
    const both = [new Enterprise((request) => oracle.call(request)), new Enterprise(ask)];
    const setup = async () => {
      for (const enterprise of both) await enterprise.begin(BEGINNING, new Date(START).toISOString());
      return { model: both[0], real: both[1] };
    };
    await fc.asyncModelRun(setup, steps).finally(() => Promise.all(both.map((enterprise) => enterprise.end())));
  });
  await fc.assert(sameAnswers, { numRuns: 300, includeErrorInReport: true });
});
