"""Requests and answers of the oracle, for type checkers. docs/oracle.md of the project says what each call means.

Ids, positions and handles are whole numbers from 1 to 2^53 - 1. Times are `YYYY-MM-DDTHH:MM:SS.mmmZ`.
"""

import sys
from typing import Any, Generic, Literal, TypeVar, final

if sys.version_info >= (3, 11):
    from typing import NotRequired, TypedDict
else:
    from typing_extensions import NotRequired, TypedDict

EnterpriseKind = Literal["managed_users", "personal_accounts"]
Role = Literal[
    "owner", "member", "billing_manager", "guest_collaborator", "repository_collaborator", "outside_collaborator"
]
Permission = Literal["write_enterprise_credentials"]
CredentialKind = Literal["classic_pat", "fine_grained_pat", "ssh_key", "oauth_app_user_token", "github_app_user_token"]
CredentialType = Literal["classic_pat", "fine_grained_pat", "ssh_key", "oauth_app_token"]
Authority = Literal["owner", "permission", "installation", "organization_owner"]


# Who acted, as in events.


class ActingPerson(TypedDict):
    person: int
    credential: NotRequired[int | None]


class ActingInstallation(TypedDict):
    installation: int


Actor = ActingPerson | ActingInstallation


# Who asks to revoke.


class CallingPerson(TypedDict):
    person: int
    credential: NotRequired[int | None]


class CallingInstallation(TypedDict):
    installation: int
    organization: NotRequired[int | None]
    permissions: NotRequired[list[str] | None]


class NoCaller(TypedDict):
    pass


Caller = CallingPerson | CallingInstallation | NoCaller


# Commands.


class CreateEnterprise(TypedDict):
    type: Literal["CreateEnterprise"]
    slug: str
    kind: EnterpriseKind


class AddOrganization(TypedDict):
    type: Literal["AddOrganization"]
    organization: int
    login: str


class RemoveOrganization(TypedDict):
    type: Literal["RemoveOrganization"]
    organization: int


class AddMember(TypedDict):
    type: Literal["AddMember"]
    member: int
    login: str
    role: Role


class ChangeMemberRole(TypedDict):
    type: Literal["ChangeMemberRole"]
    member: int
    role: Role


class RemoveMember(TypedDict):
    type: Literal["RemoveMember"]
    member: int


class ChangePermission(TypedDict):
    type: Literal["GrantPermission", "WithdrawPermission"]
    member: int
    permission: Permission


class ChangeOrganizationOwner(TypedDict):
    type: Literal["AddOrganizationOwner", "RemoveOrganizationOwner"]
    organization: int
    member: int


class IssueCredential(TypedDict):
    type: Literal["IssueCredential"]
    credential: int
    owner: int
    kind: CredentialKind
    scopes: NotRequired[list[str] | None]
    expires_at: NotRequired[str | None]
    fingerprint: NotRequired[str | None]


class ChangeAuthorization(TypedDict):
    type: Literal["AuthorizeCredential", "RevokeAuthorization"]
    credential: int
    organization: int


class DestroyCredential(TypedDict):
    type: Literal["DestroyCredential"]
    credential: int


class RevokeAll(TypedDict):
    type: Literal["RevokeAll"]
    caller: Caller
    revoke_credentials: NotRequired[bool | None]
    idempotency_key: NotRequired[str | None]


class Revoke(TypedDict):
    """One filter at least: `organization`, `person` or `credential_type`."""

    type: Literal["Revoke"]
    caller: Caller
    organization: NotRequired[int | None]
    person: NotRequired[int | None]
    credential_type: NotRequired[CredentialType | None]
    revoke_credentials: NotRequired[bool | None]
    idempotency_key: NotRequired[str | None]


class ContinueRevocation(TypedDict):
    type: Literal["ContinueRevocation"]
    revocation: int
    limit: int


Command = (
    CreateEnterprise
    | AddOrganization
    | RemoveOrganization
    | AddMember
    | ChangeMemberRole
    | RemoveMember
    | ChangePermission
    | ChangeOrganizationOwner
    | IssueCredential
    | ChangeAuthorization
    | DestroyCredential
    | RevokeAll
    | Revoke
    | ContinueRevocation
)


# Events, in their envelope as in a log.


class Recorded(TypedDict):
    position: int
    at: str
    by: NotRequired[Actor | None]


class EnterpriseCreated(Recorded):
    type: Literal["EnterpriseCreated"]
    slug: str
    kind: EnterpriseKind


class OrganizationAdded(Recorded):
    type: Literal["OrganizationAdded"]
    organization: int
    login: str


class OrganizationRemoved(Recorded):
    type: Literal["OrganizationRemoved"]
    organization: int


class MemberAdded(Recorded):
    type: Literal["MemberAdded"]
    member: int
    login: str
    role: Role


class MemberRoleChanged(Recorded):
    type: Literal["MemberRoleChanged"]
    member: int
    role: Role


class MemberRemoved(Recorded):
    type: Literal["MemberRemoved"]
    member: int


class PermissionChanged(Recorded):
    type: Literal["PermissionGranted", "PermissionWithdrawn"]
    member: int
    permission: Permission


class OrganizationOwnerChanged(Recorded):
    type: Literal["OrganizationOwnerAdded", "OrganizationOwnerRemoved"]
    organization: int
    member: int


class CredentialIssued(Recorded):
    type: Literal["CredentialIssued"]
    credential: int
    owner: int
    kind: CredentialKind
    scopes: list[str]
    expires_at: NotRequired[str | None]
    fingerprint: NotRequired[str | None]


class CredentialAuthorized(Recorded):
    type: Literal["CredentialAuthorized"]
    credential: int
    organization: int


class RevokeAllRequested(Recorded):
    type: Literal["RevokeAllRequested"]
    requested_by: Actor
    authority: Authority
    revoke_credentials: bool
    idempotency_key: NotRequired[str | None]


class RevocationRequested(Recorded):
    type: Literal["RevocationRequested"]
    requested_by: Actor
    authority: Authority
    organization: NotRequired[int | None]
    person: NotRequired[int | None]
    credential_type: NotRequired[CredentialType | None]
    revoke_credentials: bool
    idempotency_key: NotRequired[str | None]


class AuthorizationRevoked(Recorded):
    type: Literal["AuthorizationRevoked"]
    credential: int
    organization: int
    revocation: NotRequired[int | None]


class CredentialDestroyed(Recorded):
    type: Literal["CredentialDestroyed"]
    credential: int
    revocation: NotRequired[int | None]


class RevocationCompleted(Recorded):
    type: Literal["RevocationCompleted"]
    revocation: int
    authorizations_revoked: int
    credentials_destroyed: int


RecordedEvent = (
    EnterpriseCreated
    | OrganizationAdded
    | OrganizationRemoved
    | MemberAdded
    | MemberRoleChanged
    | MemberRemoved
    | PermissionChanged
    | OrganizationOwnerChanged
    | CredentialIssued
    | CredentialAuthorized
    | RevokeAllRequested
    | RevocationRequested
    | AuthorizationRevoked
    | CredentialDestroyed
    | RevocationCompleted
)


# Requests.


class Asked(TypedDict):
    id: NotRequired[str | float | None]


class AskedOfHandle(Asked):
    handle: int


class AskedAtTime(AskedOfHandle):
    # The later of your clock and the last event; without it, the time of the last event.
    at: NotRequired[str | None]


class VersionRequest(Asked):
    call: Literal["version"]
    protocol: NotRequired[int | None]
    rule_set: NotRequired[int | None]


class BeginRequest(Asked):
    call: Literal["begin"]
    events: NotRequired[list[RecordedEvent] | None]
    lines: NotRequired[str | None]
    snapshot: NotRequired[str | None]


class ApplyRequest(AskedOfHandle):
    call: Literal["apply"]
    events: NotRequired[list[RecordedEvent] | None]
    lines: NotRequired[str | None]


class CloneRequest(AskedOfHandle):
    call: Literal["clone"]


class EndRequest(AskedOfHandle):
    call: Literal["end"]


class DecideRequest(AskedAtTime):
    call: Literal["decide", "carry_out"]
    command: Command
    # A cause for the envelopes of the events.
    by: NotRequired[Actor | None]


class AccessRequest(AskedAtTime):
    call: Literal["access"]
    credential: int
    organization: NotRequired[int | None]


class AccessAllRequest(AskedAtTime):
    call: Literal["access_all"]


class PlanRequest(AskedAtTime):
    call: Literal["plan"]
    command: RevokeAll | Revoke


class ProgressRequest(AskedOfHandle):
    call: Literal["progress"]
    revocation: NotRequired[int | None]


class AuditRequest(AskedOfHandle):
    call: Literal["audit"]


class ExplainRequest(AskedAtTime):
    call: Literal["explain"]
    position: NotRequired[int | None]
    command: NotRequired[Command | None]


class SnapshotRequest(AskedOfHandle):
    call: Literal["snapshot"]


Request = (
    VersionRequest
    | BeginRequest
    | ApplyRequest
    | CloneRequest
    | EndRequest
    | DecideRequest
    | AccessRequest
    | AccessAllRequest
    | PlanRequest
    | ProgressRequest
    | AuditRequest
    | ExplainRequest
    | SnapshotRequest
)


# Results.


class Versions(TypedDict):
    version: str
    protocol: int
    rule_set: int


class Reached(TypedDict):
    handle: int
    position: int
    last_at: str | None


class Ended(TypedDict):
    handle: int


class Denied(TypedDict):
    rule: str
    # Over HTTP.
    status: int | None
    source: str
    message: str


class AcceptedEvents(TypedDict):
    # None means that there is nothing to do.
    events: list[RecordedEvent]
    # Of a request to revoke: which revocation it is, or which its key stands for.
    revocation: NotRequired[int]
    # Of a request to revoke.
    warned: NotRequired[bool]


@final
class Accepted(TypedDict):
    accepted: AcceptedEvents


@final
class Refused(TypedDict):
    refused: Denied


Decision = Accepted | Refused


@final
class MayAccess(TypedDict):
    allowed: Literal[True]
    person: NotRequired[int]


@final
class MayNotAccess(TypedDict):
    allowed: Literal[False]
    denied: Denied


Permitted = MayAccess | MayNotAccess


class Access(TypedDict):
    authenticates: Permitted
    may_use: NotRequired[Permitted]


class AllAccess(TypedDict):
    authenticates: list[int]
    # Pairs of a credential and an organization.
    may_use: list[list[int]]


class Loss(TypedDict):
    authorizations_revoked: int
    credentials_destroyed: int


class Limited(Loss):
    organization: NotRequired[int]
    person: NotRequired[int]
    credential_type: NotRequired[CredentialType]
    revoke_credentials: bool


class Revocation(Limited):
    id: int
    state: Literal["queued", "running", "completed"]
    requested_at: str
    # The earlier revocation that its job waits for.
    behind: NotRequired[int]
    completed_at: NotRequired[str]


class Revocations(TypedDict):
    revocations: list[Revocation]


class Pending(TypedDict):
    authorizations: int
    credentials: int


class KindLoss(Loss):
    kind: CredentialKind


class RoleLoss(Loss):
    role: Role


class OrganizationLoss(TypedDict):
    organization: int
    login: str
    authorizations_revoked: int


class OwnerLoss(Loss):
    person: int
    login: str
    already_pending: Pending


class CallerLoss(TypedDict):
    credential: int
    authorizations_revoked: int
    authorizations_pending: int
    fate: Literal["destroyed", "destruction_pending", "already_destroyed", "owner_departed", "kept"]
    revocation: NotRequired[int]
    expired_at: NotRequired[str]
    warned: bool


class NotCovered(TypedDict):
    collaborator_credentials: int
    member_credentials: int
    without_authorization: int
    may_be_authorized_again: int


class Plan(Limited):
    cut: int
    by_kind: list[KindLoss]
    by_role: list[RoleLoss]
    by_organization: list[OrganizationLoss]
    owners: list[OwnerLoss]
    caller: NotRequired[CallerLoss]
    already_pending: Pending
    not_covered: NotCovered


# What `enterprise-credentials audit --json` and `explain --json` print.
Evidence = dict[str, Any]


class Snapshot(TypedDict):
    snapshot: str


# Answers.

ErrorKind = Literal[
    "malformed_request",
    "too_large",
    "too_deep",
    "unknown_call",
    "version_mismatch",
    "unknown_handle",
    "too_many_handles",
    "too_much_kept",
    "unreadable_event",
    "corrupt_history",
    "unreadable_snapshot",
    "time_backwards",
    "not_a_request",
    "unknown_revocation",
    "no_history",
    "unknown_position",
    "too_many_pairs",
    "died",
]


class Error(TypedDict):
    kind: ErrorKind
    message: str
    field: NotRequired[str]
    line: NotRequired[int]
    column: NotRequired[int]
    position: NotRequired[int]
    # Where `kind` is `died`: no handle up to this one names anything any more.
    lost_up_to: NotRequired[int]


R = TypeVar("R")


@final
class Done(TypedDict, Generic[R]):
    id: NotRequired[str | float]
    result: R


@final
class Failed(TypedDict):
    id: NotRequired[str | float]
    error: Error


Answer = Done[R] | Failed
