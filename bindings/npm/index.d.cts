// Requests and answers of the oracle. docs/oracle.md of the project says what each call means.
// Ids, positions and handles are whole numbers from 1 to Number.MAX_SAFE_INTEGER; times are `YYYY-MM-DDTHH:MM:SS.mmmZ`.

/** Starts an instance of the module. */
export function load(): Promise<Oracle>;

/** Enterprises by number, their handles, and what may be asked of them. */
export interface Oracle {
  /** What answers. */
  readonly versions: Versions;
  /**
   * Answers a request. The answer has a `result`, or an `error` that changed nothing.
   *
   * An instance that dies, for want of memory, is replaced: then `error.kind` is `died`, and `error.lost_up_to` is the
   * last handle that is lost.
   */
  call<C extends Call>(request: Asked<C>): Answer<C>;
  /** The same with texts: each answer is, byte for byte, that of the other carriers. */
  callText(request: string): string;
}

export type Call = keyof Calls;
export type Asked<C extends Call> = { id?: string | number | null; call: C } & Calls[C]["asks"];
export type Request = { [C in Call]: Asked<C> }[Call];
export type Answer<C extends Call> = { id?: string | number } & (
  | { result: Calls[C]["result"]; error?: undefined }
  | { error: OracleError; result?: undefined }
);

/** What each call asks, and what its result is. */
export interface Calls {
  version: { asks: { protocol?: number | null; rule_set?: number | null }; result: Versions };
  begin: { asks: Lines & { snapshot?: string | null }; result: Reached };
  clone: { asks: OfHandle; result: Reached };
  end: { asks: OfHandle; result: OfHandle };
  apply: { asks: OfHandle & Lines; result: Reached };
  decide: { asks: Deciding; result: Decision };
  carry_out: { asks: Deciding; result: Decision };
  access: { asks: AtTime & { credential: number; organization?: number | null }; result: Access };
  access_all: { asks: AtTime; result: AllAccess };
  plan: { asks: AtTime & { command: RevokeAll | Revoke }; result: Plan };
  progress: { asks: OfHandle & { revocation?: number | null }; result: { revocations: Revocation[] } };
  audit: { asks: OfHandle; result: Evidence };
  explain: { asks: AtTime & { position?: number | null; command?: Command | null }; result: Evidence };
  snapshot: { asks: OfHandle; result: { snapshot: string } };
}

/** Recorded events, or the same as lines of a log. */
export interface Lines {
  events?: RecordedEvent[] | null;
  lines?: string | null;
}
export interface OfHandle {
  handle: number;
}
export interface AtTime extends OfHandle {
  /** The later of your clock and the last event; without it, the time of the last event. */
  at?: string | null;
}
export interface Deciding extends AtTime {
  command: Command;
  /** A cause for the envelopes of the events. */
  by?: Actor | null;
}

export interface Versions {
  version: string;
  protocol: number;
  rule_set: number;
}
export interface Reached extends OfHandle {
  position: number;
  last_at: string | null;
}
export type Decision = { accepted: Accepted; refused?: undefined } | { refused: Denied; accepted?: undefined };
export interface Accepted {
  /** None means that there is nothing to do. */
  events: RecordedEvent[];
  /** Of a request to revoke: which revocation it is, or which its key stands for. */
  revocation?: number;
  /** Of a request to revoke. */
  warned?: boolean;
}
export interface Denied {
  rule: string;
  /** Over HTTP. */
  status: number | null;
  source: string;
  message: string;
}
export interface Permitted {
  allowed: boolean;
  person?: number;
  denied?: Denied;
}
export interface Access {
  authenticates: Permitted;
  may_use?: Permitted;
}
export interface AllAccess {
  authenticates: number[];
  /** Pairs of a credential and an organization. */
  may_use: [credential: number, organization: number][];
}
/** What `enterprise-credentials audit --json` and `explain --json` print. */
export interface Evidence {
  readonly [field: string]: unknown;
}

export interface OracleError {
  kind: ErrorKind;
  message: string;
  field?: string;
  line?: number;
  column?: number;
  position?: number;
  /** Where `kind` is `died`: no handle up to this one names anything any more. */
  lost_up_to?: number;
}
export type ErrorKind =
  | "malformed_request"
  | "too_large"
  | "too_deep"
  | "unknown_call"
  | "version_mismatch"
  | "unknown_handle"
  | "too_many_handles"
  | "too_much_kept"
  | "unreadable_event"
  | "corrupt_history"
  | "unreadable_snapshot"
  | "time_backwards"
  | "not_a_request"
  | "unknown_revocation"
  | "no_history"
  | "unknown_position"
  | "too_many_pairs"
  | "died"
  | "out_of_memory";

export type Actor = { person: number; credential?: number } | { installation: number };
export type Caller =
  | { person: number; credential?: number | null }
  | { installation: number; organization?: number | null; permissions?: string[] | null }
  | Record<string, never>;
export type EnterpriseKind = "managed_users" | "personal_accounts";
export type Role =
  | "owner"
  | "member"
  | "billing_manager"
  | "guest_collaborator"
  | "repository_collaborator"
  | "outside_collaborator";
export type Permission = "write_enterprise_credentials";
export type CredentialKind =
  | "classic_pat"
  | "fine_grained_pat"
  | "ssh_key"
  | "oauth_app_user_token"
  | "github_app_user_token";
export type CredentialType = "classic_pat" | "fine_grained_pat" | "ssh_key" | "oauth_app_token";
export type Authority = "owner" | "permission" | "installation" | "organization_owner";

export interface RevokeAll {
  type: "RevokeAll";
  caller: Caller;
  revoke_credentials?: boolean;
  idempotency_key?: string | null;
}
/** One filter at least: `organization`, `person` or `credential_type`. */
export interface Revoke {
  type: "Revoke";
  caller: Caller;
  organization?: number | null;
  person?: number | null;
  credential_type?: CredentialType | null;
  revoke_credentials?: boolean;
  idempotency_key?: string | null;
}
export type Command =
  | { type: "CreateEnterprise"; slug: string; kind: EnterpriseKind }
  | { type: "AddOrganization"; organization: number; login: string }
  | { type: "RemoveOrganization"; organization: number }
  | { type: "AddMember"; member: number; login: string; role: Role }
  | { type: "ChangeMemberRole"; member: number; role: Role }
  | { type: "RemoveMember"; member: number }
  | { type: "GrantPermission" | "WithdrawPermission"; member: number; permission: Permission }
  | { type: "AddOrganizationOwner" | "RemoveOrganizationOwner"; organization: number; member: number }
  | {
      type: "IssueCredential";
      credential: number;
      owner: number;
      kind: CredentialKind;
      scopes?: string[];
      expires_at?: string | null;
      fingerprint?: string | null;
    }
  | { type: "AuthorizeCredential" | "RevokeAuthorization"; credential: number; organization: number }
  | { type: "DestroyCredential"; credential: number }
  | RevokeAll
  | Revoke
  | { type: "ContinueRevocation"; revocation: number; limit: number };

/** An event in its envelope, as in a log. */
export type RecordedEvent = { position: number; at: string; by?: Actor | null } & Event;
export type Event =
  | { type: "EnterpriseCreated"; slug: string; kind: EnterpriseKind }
  | { type: "OrganizationAdded"; organization: number; login: string }
  | { type: "OrganizationRemoved"; organization: number }
  | { type: "MemberAdded"; member: number; login: string; role: Role }
  | { type: "MemberRoleChanged"; member: number; role: Role }
  | { type: "MemberRemoved"; member: number }
  | { type: "PermissionGranted" | "PermissionWithdrawn"; member: number; permission: Permission }
  | { type: "OrganizationOwnerAdded" | "OrganizationOwnerRemoved"; organization: number; member: number }
  | {
      type: "CredentialIssued";
      credential: number;
      owner: number;
      kind: CredentialKind;
      scopes: string[];
      expires_at?: string | null;
      fingerprint?: string | null;
    }
  | { type: "CredentialAuthorized"; credential: number; organization: number }
  | {
      type: "RevokeAllRequested";
      requested_by: Actor;
      authority: Authority;
      revoke_credentials: boolean;
      idempotency_key?: string | null;
    }
  | {
      type: "RevocationRequested";
      requested_by: Actor;
      authority: Authority;
      organization?: number | null;
      person?: number | null;
      credential_type?: CredentialType | null;
      revoke_credentials: boolean;
      idempotency_key?: string | null;
    }
  | { type: "AuthorizationRevoked"; credential: number; organization: number; revocation?: number | null }
  | { type: "CredentialDestroyed"; credential: number; revocation?: number | null }
  | {
      type: "RevocationCompleted";
      revocation: number;
      authorizations_revoked: number;
      credentials_destroyed: number;
    };

export interface Loss {
  authorizations_revoked: number;
  credentials_destroyed: number;
}
export interface Limited {
  organization?: number;
  person?: number;
  credential_type?: CredentialType;
  revoke_credentials: boolean;
}
export interface Revocation extends Limited, Loss {
  id: number;
  state: "queued" | "running" | "completed";
  requested_at: string;
  /** The earlier revocation that its job waits for. */
  behind?: number;
  completed_at?: string;
}
export interface Pending {
  authorizations: number;
  credentials: number;
}
export interface Plan extends Limited, Loss {
  cut: number;
  by_kind: ({ kind: CredentialKind } & Loss)[];
  by_role: ({ role: Role } & Loss)[];
  by_organization: { organization: number; login: string; authorizations_revoked: number }[];
  owners: ({ person: number; login: string; already_pending: Pending } & Loss)[];
  caller?: {
    credential: number;
    authorizations_revoked: number;
    authorizations_pending: number;
    fate: "destroyed" | "destruction_pending" | "already_destroyed" | "owner_departed" | "kept";
    revocation?: number;
    expired_at?: string;
    warned: boolean;
  };
  already_pending: Pending;
  not_covered: {
    collaborator_credentials: number;
    member_credentials: number;
    without_authorization: number;
    may_be_authorized_again: number;
  };
}
