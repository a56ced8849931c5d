"""What the templates must say, whatever else changes in them."""

import json
import re
from typing import Any

import pytest

from functions.turn.paths import is_realtime
from functions.turn.routes import router
from infrastructure.edge import MEDIA_PATHS, PAGES_PATH, TURN_PATHS, UPLOADS_PATHS
from tests.infrastructure.assembly import STACKS, Assembly

pytestmark = pytest.mark.timeout(600)
# CloudFormation knows what it holds by these: another id is another, empty, table or bucket.
PINNED = {
    "Table": "AWS::DynamoDB::Table",
    "Uploads": "AWS::S3::Bucket",
    "Media": "AWS::S3::Bucket",
    "AccessLogs": "AWS::S3::Bucket",
    "KeyPepper": "AWS::SecretsManager::Secret",
    "TurnTokenKey": "AWS::SecretsManager::Secret",
}


@pytest.fixture(params=["plain", "everything"])
def either(request: pytest.FixtureRequest) -> Assembly:
    return request.getfixturevalue(request.param)


def only(assembly: Assembly, kind: str) -> dict[str, Any]:
    (found,) = assembly.of_type(kind).values()
    return found


def test_what_holds_data_is_retained_under_its_own_id(either: Assembly) -> None:
    resources = either.template("ParleyData")["Resources"]
    for id, kind in PINNED.items():
        assert resources[id]["Type"] == kind
        assert (resources[id]["DeletionPolicy"], resources[id]["UpdateReplacePolicy"]) == ("Retain", "Retain")
    held = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}
    assert {id for _, id, resource in either.resources if resource["Type"] in held} == set(PINNED)


def test_nothing_stands_and_costs(either: Assembly) -> None:
    kinds = {resource["Type"] for _, _, resource in either.resources}
    assert not kinds & {
        "AWS::EC2::NatGateway",
        "AWS::EC2::Instance",
        "AWS::AutoScaling::AutoScalingGroup",
        "AWS::EC2::EIP",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::Lambda::CapacityProvider",
        "AWS::KMS::Key",
    }
    endpoints = either.of_type("AWS::EC2::VPCEndpoint").values()
    assert [each.get("VpcEndpointType") for each in endpoints] == ["Gateway", "Gateway"]
    assert all("ProvisionedConcurrencyConfig" not in json.dumps(resource) for _, _, resource in either.resources)
    assert only(either, "AWS::DynamoDB::Table")["BillingMode"] == "PAY_PER_REQUEST"
    assert "MonitoringInterval" not in json.dumps(either.of_type("AWS::ECS::Cluster"))


def test_no_resource_runs_code_of_the_cdk(either: Assembly) -> None:
    """Custom resources bring functions of their own, with rights of their own."""
    kinds = {resource["Type"] for _, _, resource in either.resources}
    assert not {kind for kind in kinds if kind.startswith(("Custom::", "AWS::CloudFormation::"))}
    assert len(either.of_type("AWS::Lambda::Function")) == 10


def test_the_workers_stand_at_zero_and_only_grow_by_themselves(either: Assembly) -> None:
    service = only(either, "AWS::ECS::Service")
    target = only(either, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (service["DesiredCount"], target["MinCapacity"], target["MaxCapacity"]) == (0, 0, 4)
    policies = {
        each["PolicyType"]: each for each in either.of_type("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }
    assert set(policies) == {"StepScaling", "TargetTrackingScaling"}
    step = policies["StepScaling"]["StepScalingPolicyConfiguration"]
    assert (step["AdjustmentType"], [each["ScalingAdjustment"] for each in step["StepAdjustments"]]) == (
        "ChangeInCapacity",
        [1],
    )
    assert policies["TargetTrackingScaling"]["TargetTrackingScalingPolicyConfiguration"]["DisableScaleIn"] is True


def test_workers_run_where_their_capacity_is(plain: Assembly, everything: Assembly) -> None:
    cpu, gpu = only(plain, "AWS::ECS::TaskDefinition"), only(everything, "AWS::ECS::TaskDefinition")
    assert (cpu["RequiresCompatibilities"], cpu["NetworkMode"]) == (["FARGATE"], "awsvpc")
    assert (gpu["RequiresCompatibilities"], gpu["NetworkMode"]) == (["MANAGED_INSTANCES"], "host")
    assert gpu["ContainerDefinitions"][0]["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]
    machines = only(everything, "AWS::ECS::CapacityProvider")["ManagedInstancesProvider"]
    wanted = machines["InstanceLaunchTemplate"]["InstanceRequirements"]
    assert (wanted["AllowedInstanceTypes"], wanted["AcceleratorManufacturers"]) == (["g6.xlarge"], ["nvidia"])
    assert machines["InfrastructureOptimization"]["ScaleInAfter"] == 300
    # On the machine's own network a service has none to name: ECS would refuse it.
    assert "NetworkConfiguration" not in only(everything, "AWS::ECS::Service")
    network = only(plain, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "ENABLED"


def test_one_port_of_the_workers_is_open_and_it_is_theirs(either: Assembly) -> None:
    rules = only(either, "AWS::EC2::SecurityGroup")["SecurityGroupIngress"]
    assert [(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in rules] == [("0.0.0.0/0", 8443, 8443)]
    (worker,) = only(either, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    said = {pair["Name"]: pair["Value"] for pair in worker["Environment"]}
    assert (said["TURN_PORT"], said["TURN_ADDRESS"]) == ("8443", "public")
    # Longer than the longest grace: what is cut off at its end was given back before.
    assert worker["StopTimeout"] == 120


def test_every_queue_is_encrypted_and_has_its_dead_letters_and_an_alarm(either: Assembly) -> None:
    queues = either.of_type("AWS::SQS::Queue")
    watched = json.dumps(either.of_type("AWS::CloudWatch::Alarm"))
    dead = {id for id in queues if "DeadLetters" in id}
    assert len(queues) == 10 and len(dead) == 5
    for id, queue in queues.items():
        assert queue["SqsManagedSseEnabled"] is True
        if id in dead:
            assert queue["MessageRetentionPeriod"] == 14 * 86400
            assert id in watched
        else:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert target in dead


def test_a_message_stays_hidden_for_six_times_its_consumers_timeout(either: Assembly) -> None:
    queues, functions = either.of_type("AWS::SQS::Queue"), either.of_type("AWS::Lambda::Function")
    mappings = either.of_type("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 4
    for mapping in mappings.values():
        queue = queues[re.search(r"(Inspect|Batches|BatchLines|Submitted)Queue[0-9A-F]{8}", json.dumps(mapping))[0]]
        timeout = functions[mapping["FunctionName"]["Ref"]]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_the_inspection_gives_up_at_the_receipt_that_the_queue_gives_up_at(either: Assembly) -> None:
    from functions.uploads.handler import LAST_RECEIPT
    from local.cloud.names import QUEUES

    queues = either.of_type("AWS::SQS::Queue")
    receipts = {
        re.sub("Queue[0-9A-F]{8}$", "", id): queue["RedrivePolicy"]["maxReceiveCount"]
        for id, queue in queues.items()
        if "RedrivePolicy" in queue
    }
    assert receipts["Inspect"] == LAST_RECEIPT
    here = {queue.name.removeprefix("parley-").title().replace("-", ""): queue.receipts for queue in QUEUES}
    assert receipts == here


def test_the_buckets_are_private_and_take_tls_only(either: Assembly) -> None:
    policies = json.dumps(either.of_type("AWS::S3::BucketPolicy"))
    assert policies.count('"aws:SecureTransport": "false"') == 3
    for id, bucket in either.of_type("AWS::S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if id != "AccessLogs":
            rules = bucket["LifecycleConfiguration"]["Rules"]
            assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
            assert "PUT" in bucket["CorsConfiguration"]["CorsRules"][0]["AllowedMethods"]
            expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
            assert expiring == ({"speech/"} if id == "Media" else {"batches/"})


def test_the_table_can_be_restored_and_is_keyed_as_the_store_makes_it(either: Assembly) -> None:
    from parley.store.schema import DUE_INDEX, TTL_ATTRIBUTE, create_table

    made: dict[str, Any] = {}

    class Client:
        class exceptions:
            class ResourceInUseException(Exception): ...

        def create_table(self, **asked: Any) -> None:
            made.update(asked)

        def get_waiter(self, _name: str) -> Any:
            return type("Waiter", (), {"wait": lambda *_, **__: None})()

        def update_time_to_live(self, **asked: Any) -> None:
            made["ttl"] = asked["TimeToLiveSpecification"]["AttributeName"]

    create_table(Client(), "any")  # type: ignore[arg-type]
    table = only(either, "AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}
    assert made["ttl"] == TTL_ATTRIBUTE
    assert table["KeySchema"] == made["KeySchema"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index == made["GlobalSecondaryIndexes"][0] and index["IndexName"] == DUE_INDEX
    by_name = sorted(made["AttributeDefinitions"], key=lambda each: each["AttributeName"])
    assert sorted(table["AttributeDefinitions"], key=lambda each: each["AttributeName"]) == by_name


def test_turns_stream_through_a_function_url_that_cloudfront_stands_before(either: Assembly) -> None:
    assert only(either, "AWS::Lambda::Url")["InvokeMode"] == "RESPONSE_STREAM"
    turn = next(each for id, each in either.of_type("AWS::Lambda::Function").items() if id.startswith("Turn"))
    said = turn["Environment"]["Variables"]
    assert (turn["Handler"], said["AWS_LAMBDA_EXEC_WRAPPER"]) == ("run.sh", "/opt/bootstrap")
    assert said["AWS_LWA_INVOKE_MODE"] == "response_stream"
    assert said["AWS_LWA_PASS_THROUGH_PATH"] != "/events"
    assert turn["Timeout"] == 900 and "VpcConfig" not in turn


def test_one_host_leads_every_path_where_it_belongs(either: Assembly) -> None:
    config = only(either, "AWS::CloudFront::Distribution")["DistributionConfig"]
    behaviors = {each["PathPattern"]: each for each in config["CacheBehaviors"]}
    assert set(behaviors) == {*TURN_PATHS, PAGES_PATH, *MEDIA_PATHS, *UPLOADS_PATHS}
    origins = {origin["Id"]: json.dumps(origin["DomainName"]) for origin in config["Origins"]}
    assert "execute-api" in origins[config["DefaultCacheBehavior"]["TargetOriginId"]]
    for path in TURN_PATHS:
        assert is_realtime(path.replace("*", "trn_1/interrupt"))
        assert "FunctionUrl" in origins[behaviors[path]["TargetOriginId"]]
    for behavior in (config["DefaultCacheBehavior"], *(behaviors[path] for path in TURN_PATHS)):
        # CachingDisabled and AllViewerExceptHostHeader: nothing is kept, Authorization comes through.
        assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert behavior["Compress"] is False
        assert len(behavior["AllowedMethods"]) == 7
    for origin in config["Origins"]:
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_every_path_of_the_realtime_app_has_its_way(plain: Assembly) -> None:
    config = only(plain, "AWS::CloudFront::Distribution")["DistributionConfig"]
    patterns = [each["PathPattern"].replace("*", ".*") for each in config["CacheBehaviors"]]
    paths = [str(getattr(route, "path", "")) for route in router.routes]
    assert paths
    for path in paths:
        assert any(re.fullmatch(pattern, path) for pattern in patterns), path


def test_the_api_is_throttled_and_tells_no_secret_to_its_log(either: Assembly) -> None:
    stage = only(either, "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 400, "ThrottlingRateLimit": 200}
    said = json.loads(stage["AccessLogSettings"]["Format"])
    assert not [value for value in said.values() if "header" in value.lower() or "query" in value.lower()]


def test_every_log_is_kept_for_as_long_as_was_said(either: Assembly) -> None:
    groups = either.of_type("AWS::Logs::LogGroup").values()
    assert len(groups) == 14
    assert {group["RetentionInDays"] for group in groups} == {30}
    for function in either.of_type("AWS::Lambda::Function").values():
        assert "LogGroup" in function["LoggingConfig"]


def test_the_machine_is_the_file_and_every_hole_in_it_is_filled(either: Assembly) -> None:
    machine = only(either, "AWS::StepFunctions::StateMachine")
    definition = json.loads(machine["DefinitionString"])
    holes = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert holes == set(machine["DefinitionSubstitutions"])
    render = definition["States"]["Render"]
    assert (render["HeartbeatSecondsPath"], render["TimeoutSecondsPath"]) == (
        "$.job.value.heartbeatSeconds",
        "$.job.value.timeoutSeconds",
    )
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_the_outputs_say_where_it_is_and_how_the_first_key_is_made(either: Assembly) -> None:
    outputs = either.template("ParleyApi")["Outputs"]
    assert "https://" in json.dumps(outputs["BaseUrl"]["Value"])
    assert outputs["FirstKey"]["Value"] == "parley admin --aws tenant create"


def test_alarms_lead_to_the_topic_and_say_where_to_read_on(either: Assembly) -> None:
    alarms = either.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) <= 16
    for alarm in alarms.values():
        assert alarm["AlarmActions"]
        assert "docs/operate.md" in alarm["AlarmDescription"]


def test_the_operators_choices_arrive(everything: Assembly) -> None:
    config = only(everything, "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["Aliases"] == ["avatars.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert "WebAcl" in json.dumps(config["WebACLId"])
    assert only(everything, "AWS::SNS::Subscription")["Endpoint"] == "ops@example.com"
    assert only(everything, "AWS::Budgets::Budget")["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    (worker,) = only(everything, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    said = {pair["Name"] for pair in worker["Environment"]}
    assert {"POLLY", "BEDROCK_MODEL_ID", "MODEL_BUCKET"} <= said


def test_no_stack_needs_an_account_to_be_synthesised(plain: Assembly) -> None:
    manifest = json.loads((plain.folder / "manifest.json").read_text())
    assert not manifest.get("missing")
    stacks = {id: each for id, each in manifest["artifacts"].items() if each["type"] == "aws:cloudformation:stack"}
    assert set(stacks) == set(STACKS)
    assert {each["environment"] for each in stacks.values()} == {"aws://unknown-account/unknown-region"}
