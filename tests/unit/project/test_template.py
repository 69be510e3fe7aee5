"""The deployment as infra/template.yaml and .chalice describe it: table, policies, gateway answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

import app
from chalicelib.api.http import problems
from chalicelib.domain.shared.permissions import Role
from chalicelib.persistence import keys
from infra import stages
from infra.gateway_responses import GATEWAY_RESPONSES_EXTENSION

CONFIG = json.loads((stages.ROOT / ".chalice" / "config.json").read_text())
TEMPLATE: dict[str, Any] = YAMLTemplateSerializer().load_template(stages.TEMPLATE.read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
TABLE = RESOURCES["Table"]["Properties"]
RESPONSES = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"][GATEWAY_RESPONSES_EXTENSION]
# The resource of each function that app.py declares, as Chalice names it.
NAMES = [*(s.name for s in app.app.event_sources), *(f.name for f in app.app.pure_lambda_functions)]
FUNCTIONS = {name: "".join(word.capitalize() for word in name.split("_")) for name in NAMES}


def policy(name: str) -> list[dict[str, Any]]:
    """The statements of a function's policy."""
    path = stages.ROOT / ".chalice" / CONFIG["lambda_functions"][name]["iam_policy_file"]
    statements: list[dict[str, Any]] = json.loads(path.read_text())["Statement"]
    return statements


def actions(name: str) -> set[str]:
    """Every action of the policy of a function."""
    return {action for statement in policy(name) for action in statement["Action"]}


def resources_with(variable: str) -> set[str]:
    """The resources that read an environment variable."""
    return {name for name, made in RESOURCES.items() if variable in json.dumps(made.get("Properties", {}))}


def schema(key_schema: list[dict[str, str]]) -> tuple[str, ...]:
    """A key schema as the names of its hash and range attribute."""
    assert [part["KeyType"] for part in key_schema] == ["HASH", "RANGE"]
    return tuple(part["AttributeName"] for part in key_schema)


def test_the_table_has_the_keys_of_keys_py() -> None:
    indexes = {index["IndexName"]: schema(index["KeySchema"]) for index in TABLE["GlobalSecondaryIndexes"]}

    assert schema(TABLE["KeySchema"]) == keys.TABLE_KEYS
    assert indexes == keys.INDEXES
    assert {name: "S" for pair in (keys.TABLE_KEYS, *keys.INDEXES.values()) for name in pair} == {
        definition["AttributeName"]: definition["AttributeType"] for definition in TABLE["AttributeDefinitions"]
    }


def test_every_index_carries_what_keys_py_says() -> None:
    for index in TABLE["GlobalSecondaryIndexes"]:
        assert index["Projection"] == keys.projection(index["IndexName"])


def test_the_table_forgets_recovers_streams_and_costs_by_use() -> None:
    assert TABLE["TimeToLiveSpecification"] == {"AttributeName": keys.TTL_ATTRIBUTE, "Enabled": True}
    assert TABLE["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TABLE["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert TABLE["SSESpecification"] == {"SSEEnabled": True}
    assert TABLE["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", ["Table", "StaffPool"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str) -> None:
    assert (RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_pool_has_a_group_per_role() -> None:
    groups = {
        resource["Properties"]["GroupName"]
        for resource in RESOURCES.values()
        if resource.get("Type") == "AWS::Cognito::UserPoolGroup"
    }

    assert groups == {role.value for role in Role} == set(stages.ROLES)


def test_only_new_journal_rows_wake_the_relay() -> None:
    source = RESOURCES["RelayStream"]["Properties"]["Events"]["RelayStreamDynamodbEventSource"]["Properties"]
    (only,) = source["FilterCriteria"]["Filters"]

    assert json.loads(only["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "LOG#"}]}}},
    }
    assert source["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["MaximumRetryAttempts"] > 0
    assert source["BisectBatchOnFunctionError"] is True


@pytest.mark.parametrize("name", [*FUNCTIONS, "api_handler"])
def test_every_function_has_a_policy_a_log_and_limits(name: str) -> None:
    resource = "APIHandler" if name == "api_handler" else FUNCTIONS[name]
    settings = CONFIG["lambda_functions"][name]
    log = RESOURCES[resource]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]

    assert CONFIG["autogen_policy"] is False
    assert settings["lambda_timeout"] <= 900
    assert RESOURCES[log]["Type"] == "AWS::Logs::LogGroup"
    assert RESOURCES[log]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert {"Fn::GetAtt": [log, "Arn"]} in [statement.get("Resource") for statement in policy(name)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_run_that_fails_for_good_is_kept(name: str) -> None:
    properties = RESOURCES[FUNCTIONS[name]]["Properties"]
    sources = [event["Properties"] for event in properties.get("Events", {}).values()]
    destinations = [
        place["DestinationConfig"]["OnFailure"]["Destination"]
        for place in (properties.get("EventInvokeConfig"), *sources)
        if place and "DestinationConfig" in place
    ]

    assert destinations == [{"Fn::GetAtt": ["FunctionDeadLetters", "Arn"]}]
    assert "sqs:SendMessage" in actions(name)


@pytest.mark.parametrize("name", CONFIG["lambda_functions"])
def test_no_policy_says_everything(name: str) -> None:
    for statement in policy(name):
        assert statement["Effect"] == "Allow"
        assert not [action for action in statement["Action"] if "*" in action]
        # For SES the condition limits the sender; phone numbers have no ARN.
        assert statement.get("Resource") != "*" or "ses:FromAddress" in json.dumps(statement["Condition"])
    assert not actions(name) & {"dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable"}


def test_each_function_may_do_its_own_work_only() -> None:
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    sends = {"ses:SendEmail", "sns:Publish"}
    logins = {"cognito-idp:AdminCreateUser", "cognito-idp:AdminDisableUser"}

    may = {name: actions(name) for name in CONFIG["lambda_functions"]}

    assert {name for name in may if may[name] & writes} == may.keys() - {"check_integrity"}
    assert {name for name in may if may[name] & sends} == {"relay_stream", "deliver_due"}
    assert {name for name in may if may[name] & logins} == {"api_handler"}
    assert {name for name in may if "dynamodb:GetRecords" in may[name]} == {"relay_stream"}
    # Every read is a query or a batch; only transactions of the API check records that they do not write.
    assert not [name for name in may if "dynamodb:GetItem" in may[name]]
    assert {name for name in may if "dynamodb:ConditionCheckItem" in may[name]} == {"api_handler"}


def test_only_who_sends_reads_the_secret_for_graph_and_only_where_there_is_one() -> None:
    access = RESOURCES["ReadGraphSecret"]

    assert access["Condition"] == "HasGraph"
    assert TEMPLATE["Parameters"]["GraphSecretArn"]["Default"] == ""
    assert access["Properties"]["Roles"] == [{"Ref": "DeliverDueRole"}, {"Ref": "RelayStreamRole"}]
    assert access["Properties"]["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": {"Ref": "GraphSecretArn"}}
    ]
    assert resources_with("GRAPH_SECRET_ARN") == {"DeliverDue", "RelayStream"}


def test_only_the_api_reads_the_key_of_reviews_and_nothing_else_of_its_kind() -> None:
    key = {"Fn::GetAtt": ["ReviewKey", "Id"]}
    reads = {
        name: [s["Resource"] for s in policy(name) if "secretsmanager:GetSecretValue" in s["Action"]]
        for name in CONFIG["lambda_functions"]
    }

    assert {name: found for name, found in reads.items() if found} == {"api_handler": [key]}
    assert resources_with("REVIEW_KEY_ARN") == {"APIHandler"}
    assert RESOURCES["APIHandler"]["Properties"]["Environment"]["Variables"]["REVIEW_KEY_ARN"] == key
    assert RESOURCES["ReviewKey"]["Properties"]["GenerateSecretString"]["PasswordLength"] >= 32


@pytest.mark.parametrize("kind", RESPONSES)
def test_the_gateway_answers_with_problems(kind: str) -> None:
    response = RESPONSES[kind]
    problem = json.loads(response["responseTemplates"]["application/json"])
    headers = {
        name.removeprefix("gatewayresponse.header."): value.strip("'")
        for name, value in response["responseParameters"].items()
    }

    assert problem.keys() == problems.Problem.model_fields.keys()
    assert problem["type"].endswith(f"/problems/{problem['code']}")
    assert str(problem["status"]) == response.get("statusCode", "400")
    assert headers["Content-Type"] == problems.CONTENT_TYPE
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert ("Retry-After" in headers) == (problem["status"] in (429, 503))


def test_the_gateway_and_the_functions_use_the_same_words() -> None:
    titles = {kind.code: kind.title for kind in problems.refusal_classes()}
    here = {
        problem["code"]: problem["title"]
        for problem in (json.loads(r["responseTemplates"]["application/json"]) for r in RESPONSES.values())
    }

    assert {code: title for code, title in here.items() if code in titles} == {
        code: titles[code] for code in here if code in titles
    }
    assert here.keys() - titles.keys() == {"too_many_requests", "bad_request"}


@pytest.mark.parametrize("stage", stages.STAGES)
def test_every_stage_names_its_parameters(stage: str) -> None:
    given = stages.parameters(stage).keys()
    needed = {name for name, parameter in TEMPLATE["Parameters"].items() if "Default" not in parameter}

    assert needed <= given <= TEMPLATE["Parameters"].keys()


@pytest.mark.parametrize("stage", stages.STAGES)
def test_a_stage_calls_itself_by_its_own_name(stage: str) -> None:
    """The test clock depends on this name."""
    settings = CONFIG["stages"][stage]

    assert settings["environment_variables"]["STAGE"] == settings["api_gateway_stage"] == stage


def test_no_file_of_a_policy_is_left_over() -> None:
    used = {settings["iam_policy_file"] for settings in CONFIG["lambda_functions"].values()}

    assert {path.name for path in Path(stages.ROOT / ".chalice").glob("policy-*.json")} == used


@pytest.mark.parametrize(
    "event", [e for e in app.app.event_sources if hasattr(e, "schedule_expression")], ids=lambda event: str(event.name)
)
def test_a_schedule_that_does_not_run_is_noticed(event: Any) -> None:
    """TR-68: several beats without an invocation ring, and so does the absence of any figure."""
    alarm = RESOURCES[f"{FUNCTIONS[event.name]}Silent"]
    properties = alarm["Properties"]
    every = {"MINUTES": 60, "HOURS": 3600}[event.schedule_expression.unit] * event.schedule_expression.value
    watched = properties["Period"] * properties["EvaluationPeriods"]

    assert alarm["Type"] == "AWS::CloudWatch::Alarm"
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert properties["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": FUNCTIONS[event.name]}}]
    assert (properties["Statistic"], properties["ComparisonOperator"]) == ("Sum", "LessThanThreshold")
    assert (properties["Threshold"], properties["TreatMissingData"]) == (1, "breaching")
    assert properties["AlarmActions"] == [{"Ref": "OperationsTopic"}]
    assert 2 * every <= watched <= 10 * every


def test_what_a_job_sets_aside_rings() -> None:
    """TR-60: the metric that ``report_set_aside`` counts, with the dimensions it has."""
    properties = RESOURCES["ItemsSetAside"]["Properties"]

    assert (properties["Namespace"], properties["MetricName"]) == ("Frontdesk", "ItemsSetAside")
    assert {dimension["Name"] for dimension in properties["Dimensions"]} == {"stage", "service"}
    assert (properties["Threshold"], properties["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert properties["AlarmActions"] == [{"Ref": "OperationsTopic"}]
