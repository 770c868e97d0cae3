"""Whatever is asked of the service is asked of the oracle, and the answers must be the same: `pytest`."""

from datetime import datetime, timedelta

from enterprise_credentials import Oracle
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule
from service import Enterprise, ask

START = datetime(2026, 3, 10, 9)
PEOPLE, MEMBERS, CREDENTIALS = st.integers(1, 3), st.integers(2, 3), st.integers(1, 8)
# The owner asks, for the most part.
CALLERS = st.just(1) | PEOPLE
ROLES = st.sampled_from(["member", "guest_collaborator", "billing_manager"])
KINDS = st.sampled_from(["classic_pat", "ssh_key", "oauth_app_user_token"])
TYPES = st.sampled_from(["classic_pat", "oauth_app_token"])


class Revocations(RuleBasedStateMachine):
    revocations = Bundle("revocations")

    def __init__(self):
        super().__init__()
        self.oracle, self.service = Enterprise(Oracle().call), Enterprise(ask)
        self.seconds = 0

    def same(self, command, **fields):
        self.seconds += 1
        at = (START + timedelta(seconds=self.seconds)).isoformat(timespec="milliseconds") + "Z"
        command = {"type": command, **fields}
        due, came = (enterprise.carry_out(command, at) for enterprise in (self.oracle, self.service))
        compare(f"answer to {command}", due, came)
        compare(f"access after {command}", self.oracle.access(at), self.service.access(at))
        return due.get("revocation") or multiple()

    @initialize()
    def create(self):
        self.same("CreateEnterprise", slug="octo-corp", kind="managed_users")
        self.same("AddOrganization", organization=1, login="octo-org")
        self.same("AddMember", member=1, login="mona", role="owner")

    @rule(member=MEMBERS, role=ROLES)
    def add_member(self, member, role):
        self.same("AddMember", member=member, login=f"user-{member}", role=role)

    @rule(member=MEMBERS)
    def remove_member(self, member):
        self.same("RemoveMember", member=member)

    @rule(credential=CREDENTIALS, owner=PEOPLE, kind=KINDS)
    def issue(self, **fields):
        self.same("IssueCredential", **fields)

    @rule(credential=CREDENTIALS)
    def authorize(self, credential):
        self.same("AuthorizeCredential", credential=credential, organization=1)

    @rule(target=revocations, person=CALLERS, revoke_credentials=st.booleans())
    def revoke_all(self, person, revoke_credentials):
        return self.same("RevokeAll", caller={"person": person}, revoke_credentials=revoke_credentials)

    @rule(target=revocations, caller=CALLERS, person=PEOPLE, revoke_credentials=st.booleans())
    def revoke_of_person(self, caller, **fields):
        return self.same("Revoke", caller={"person": caller}, **fields)

    @rule(target=revocations, caller=CALLERS, credential_type=TYPES)
    def revoke_at_organization(self, caller, credential_type):
        return self.same("Revoke", caller={"person": caller}, organization=1, credential_type=credential_type)

    @rule(revocation=revocations)
    def next_batch(self, revocation):
        self.same("ContinueRevocation", revocation=revocation, limit=1)

    def teardown(self):
        self.service.end()


def compare(what, due, came):
    if came != due:
        raise AssertionError(f"wrong {what}\n  due:  {due}\n  came: {came}")


TestRevocations = Revocations.TestCase
PHASES = [Phase.reuse, Phase.generate, Phase.shrink]
TestRevocations.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, phases=PHASES)
