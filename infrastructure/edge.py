"""CloudFront: one host for the API, realtime turns, the pages, and the signed links to what lies in the buckets."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infrastructure.settings import Settings

ORIGIN_HEADER = "X-Parley-Origin"
# functions/turn/paths.py: what the realtime app answers.
TURN_PATHS = (
    "/api/v1/realtime/turn",
    "/api/v1/realtime/turns/*",
    "/api/v1/realtime/prepare",
    "/api/v1/realtime/stream",
)
PAGES_PATH = "/web/*"
# Keys of the buckets begin with these; the API's paths never do.
MEDIA_PATHS = ("/renders/*", "/rigs/*", "/system/*")
# The origins are called by their own names: this is how they learn ours.
_SAYS_HOST = """
function handler(event) {
    event.request.headers["x-forwarded-host"] = { value: event.request.headers.host.value };
    return event.request;
}
""".strip()
UPLOADS_PATHS = ("/assets/*", "/batches/*")


class Edge(Construct):
    """`host` is the operator's domain, or the one that CloudFront gives."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        api_host: str,
        turn_host: str,
        origin_token: str,
        media: s3.IBucket,
        uploads: s3.IBucket,
    ) -> None:
        super().__init__(scope, id)
        self._headers = {ORIGIN_HEADER: origin_token}
        self._says_host = [
            cloudfront.FunctionAssociation(
                function=cloudfront.Function(
                    self,
                    "SaysHost",
                    code=cloudfront.FunctionCode.from_inline(_SAYS_HOST),
                    runtime=cloudfront.FunctionRuntime.JS_2_0,
                    comment="Parley: tells the API under which host it was found",
                ),
                event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
            )
        ]
        api = self._origin(api_host, read_seconds=30)
        # Between two packets; a turn is silent for less.
        turn = self._origin(turn_host, read_seconds=60)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Parley",
            default_behavior=self._passed_on(api),
            additional_behaviors={
                **{path: self._passed_on(turn) for path in TURN_PATHS},
                PAGES_PATH: _kept(api),
                **self._links(media, MEDIA_PATHS, "Media"),
                **self._links(uploads, UPLOADS_PATHS, "Uploads"),
            },
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            price_class=cloudfront.PriceClass.PRICE_CLASS_ALL,
            web_acl_id=_web_acl(self, settings),
            **_named(self, settings),
        )
        self.host = settings.domain or self.distribution.distribution_domain_name

    def _origin(self, host: str, *, read_seconds: int) -> origins.HttpOrigin:
        return origins.HttpOrigin(
            host,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            read_timeout=Duration.seconds(read_seconds),
            keepalive_timeout=Duration.seconds(60),
            custom_headers=self._headers,
        )

    def _passed_on(self, origin: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        """Every header but Host, every method, nothing kept, nothing compressed: a stream stays one."""
        return cloudfront.BehaviorOptions(
            origin=origin,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            function_associations=self._says_host,
            compress=False,
        )

    def _links(self, bucket: s3.IBucket, paths: tuple[str, ...], id: str) -> Mapping[str, cloudfront.BehaviorOptions]:
        """S3 itself checks the signature in the query: CloudFront adds no word of its own, and keeps nothing."""
        # By the bucket's regional name: the one that links are signed for.
        origin = origins.HttpOrigin(
            bucket.bucket_regional_domain_name,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        policy = cloudfront.OriginRequestPolicy(
            self,
            f"{id}Links",
            comment="Parley: signed links",
            query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.all(),
            header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(
                "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"
            ),
        )
        behavior = cloudfront.BehaviorOptions(
            origin=origin,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=policy,
            compress=False,
        )
        return dict.fromkeys(paths, behavior)


def _kept(origin: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
    """Files, kept for as long as their own headers say."""
    return cloudfront.BehaviorOptions(
        origin=origin,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cache_policy=cloudfront.CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS,
    )


def _named(scope: Construct, settings: Settings) -> dict[str, object]:
    if settings.domain is None or settings.certificate_arn is None:
        return {}
    certificate = certificates.Certificate.from_certificate_arn(scope, "Certificate", settings.certificate_arn)
    return {"domain_names": [settings.domain], "certificate": certificate}


def _web_acl(scope: Construct, settings: Settings) -> str | None:
    """The operator's own, or one of AWS's common rules and a bound on requests by one address; None without WAF."""
    if not settings.waf:
        return settings.web_acl_arn
    return waf.CfnWebACL(
        scope,
        "WebAcl",
        scope="CLOUDFRONT",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        visibility_config=_seen("ParleyWebAcl"),
        rules=[
            waf.CfnWebACL.RuleProperty(
                name="TooMany",
                priority=0,
                action=waf.CfnWebACL.RuleActionProperty(block={}),
                statement=waf.CfnWebACL.StatementProperty(
                    rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                        aggregate_key_type="IP", limit=3000, evaluation_window_sec=300
                    )
                ),
                visibility_config=_seen("ParleyTooMany"),
            ),
            waf.CfnWebACL.RuleProperty(
                name="BadReputation",
                priority=1,
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS", name="AWSManagedRulesAmazonIpReputationList"
                    )
                ),
                visibility_config=_seen("ParleyBadReputation"),
            ),
        ],
    ).attr_arn


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
