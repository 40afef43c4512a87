"""The OpenAPI document against the doors: whatever it allows is answered as it says, and nothing breaks a door."""

import json

import pytest
import schemathesis
from gateway_doors import Doors
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

DOORS = Doors(
    tables={"channels": {"web": {"leads_per_minute": 10_000_000}}, "stores": {"S1": {}}},
    environ={},
)
# 207: of a list that holds what is no lead, the others are taken all the same.
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 415, 422, 428, 429, "5xx", 207]
CONFIG = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
schema = schemathesis.openapi.from_asgi("/openapi.json", DOORS.app, config=CONFIG)


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_the_doors_keep_to_their_document(case):
    case.path_parameters = {**case.path_parameters, "code": "web"} if case.path_parameters else case.path_parameters
    case.call_and_validate()


def test_the_document_names_every_door():
    document = DOORS.ask("GET", "/openapi.json").json()
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == {
        ("/v1/channels/{code}/leads", "post"),
        ("/v1/feeds/{code}", "post"),
        ("/v1/feeds/{code}", "get"),
        ("/v1/imports", "post"),
        ("/healthz", "get"),
        ("/ready", "get"),
        ("/metrics", "get"),
    }
    assert "secret" not in json.dumps(document).lower().replace("whose secret signs", "")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_fetches_scripts_from_elsewhere(path):
    assert DOORS.ask("GET", path).status_code == 404
