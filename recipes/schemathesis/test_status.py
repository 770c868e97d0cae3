"""Whatever is asked over HTTP: the status, and then who may do what, must be what the oracle says is due."""

import os

import schemathesis
from hypothesis import settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from service import ORACLE, PEOPLE, SERVICE, TOKENS, Enterprise

schema = schemathesis.openapi.from_path(os.environ["OPENAPI"])
schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])
schema.config.phases.coverage.enabled = False
schema.config.output.sanitization.update(enabled=False)
oracle, service = Enterprise(ORACLE), Enterprise(SERVICE)


def command(operation, token, person, body):
    body = body if isinstance(body, dict) else {}
    command = {"type": "RevokeAll" if operation == "RevokeAll" else "Revoke"}
    command["caller"] = {"person": PEOPLE[TOKENS[token][0]], "credential": token}
    command["revoke_credentials"] = body.get("revoke_credentials", False)
    if operation.startswith("Organization"):
        command["organization"] = 1
    if "Person" in operation:
        command["person"] = PEOPLE[person]
    if operation.endswith("Type"):
        command["credential_type"] = body["credential_type"]
    return command


@schema.given(token=st.sampled_from(list(TOKENS)), person=st.sampled_from(list(PEOPLE)))
@schema.include(method="POST").parametrize()
@settings(max_examples=25, deadline=None, database=None, derandomize=True)
def test_the_answer_and_its_effect_are_those_that_are_due(case, token, person):
    names = {"enterprise": "octo-corp", "org": "octo-org", "username": person}
    case.path_parameters = {name: names[name] for name in case.path_parameters}
    asked = command(case.operation.definition.raw["operationId"], token, person, case.body)
    oracle.url()
    decided = oracle.ask("carry_out", handle=oracle.copy, command=asked)
    due = decided["refused"]["status"] if "refused" in decided else 202

    def the_oracle_agrees(_, answer, __):
        assert answer.status_code == due, f"The status is {answer.status_code}. The oracle says {due}: {decided}"

    answer = case.call(base_url=service.url(), headers={"Authorization": f"Bearer {token}"})
    # What fits the schema may still be refused: the oracle knows.
    case.validate_response(answer, additional_checks=[the_oracle_agrees], excluded_checks=[positive_data_acceptance])
    assert service.access() == oracle.access(), f"Who may do what after {asked}"
