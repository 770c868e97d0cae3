"""The rules by which an enterprise's credentials are revoked, as an oracle for test suites.

`docs/oracle.md` of the project says what each call means. The types of requests and answers are in `protocol`.
"""

from enterprise_credentials._oracle import Oracle

__all__ = ["Oracle"]
