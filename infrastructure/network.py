"""Where workers run: public subnets, one open port, no NAT gateway; S3 and the table are reached within AWS."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.lambdas import log_group
from infrastructure.settings import Settings

TURN_PORT = 8443


class Network(Construct):
    """A worker has a public address while it runs: it is paid for then, and only then."""

    def __init__(self, scope: Construct, id: str, settings: Settings) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=True, cidr_mask=24
                )
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
            # The construct would bring a function to empty the default group, which nothing here uses.
            restrict_default_security_group=False,
        )
        self._log_refusals(settings)
        self.workers = ec2.SecurityGroup(
            self, "Workers", vpc=self.vpc, description="Parley workers: realtime turns come in, everything may go out"
        )
        # The turn function has no fixed address. Whoever comes meets TLS, and needs a signed token for every request.
        self.workers.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(TURN_PORT), "realtime turns over TLS")

    def _log_refusals(self, settings: Settings) -> None:
        """Who knocked where nobody is: no more, since what is let in is logged by who answers."""
        group = log_group(self, "Refused", settings)
        role = iam.Role(self, "RefusedRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Refused",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
