"""What an operator may choose: the context of `cdk deploy -c name=value`, read once, checked, and frozen."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from infrastructure.regions import GPU_REGIONS, SEEN_ON

ROOT = Path(__file__).resolve().parents[1]
# Of those that CloudWatch Logs accepts.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3653)
RUNTIMES = ("mesh",)
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_EMAIL = re.compile(r"[^@\s,]{1,64}@[^@\s,]+\.[^@\s,]+")
_GPU_TYPE = re.compile(r"(g4dn|g5|g6|g6e|g7e|p4d|p5)\.([0-9]*xlarge|\*)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CERTIFICATE = re.compile(r"arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+")
_WEB_ACL = re.compile(r"arn:aws:wafv2:us-east-1:[0-9]{12}:global/webacl/\S+")


class BadSetting(Exception):
    """One sentence that says which context value to change, and to what."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every choice has a default: without any, it is a whole platform that costs next to nothing while idle."""

    # cpu: Fargate, works in every account. gpu: ECS Managed Instances of `gpu_type`, which wants a quota first.
    capacity: str = "cpu"
    gpu_type: str = "g6.xlarge"
    maximum_workers: int = 4
    warm_minutes: int = 10
    runtime: str = "mesh"
    domain: str | None = None
    certificate_arn: str | None = None
    alarm_email: str | None = None
    budget_usd: int = 50
    log_retention_days: int = 30
    # A bucket of yours with model files that workers may read.
    model_bucket: str | None = None
    # Requests a second to the API, and in a burst.
    api_rate: int = 200
    api_burst: int = 400
    waf: bool = False
    web_acl_arn: str | None = None
    polly: bool = False
    bedrock_model_id: str | None = None
    billing_url: str | None = None
    region: str | None = None
    packages: Path = ROOT / "build" / "lambda"

    @classmethod
    def from_context(cls, context: Callable[[str], Any], environ: Mapping[str, str] | None = None) -> Self:
        """`context` is `node.try_get_context`: "" and None mean the default. Raises BadSetting."""
        read = _Reader(context)
        source = os.environ if environ is None else environ
        settings = cls(
            capacity=read.one_of("capacity", ("cpu", "gpu"), cls.capacity),
            gpu_type=read.matching("gpu_type", _GPU_TYPE, "an instance type with an NVIDIA GPU, such as g6.xlarge")
            or cls.gpu_type,
            maximum_workers=read.whole("maximum_workers", 1, 100, cls.maximum_workers),
            warm_minutes=read.whole("warm_minutes", 1, 1440, cls.warm_minutes),
            runtime=read.one_of("runtime", RUNTIMES, cls.runtime),
            domain=read.matching("domain", _DOMAIN, "a host name in lower case, such as avatars.example.com"),
            certificate_arn=read.matching(
                "certificate_arn",
                _CERTIFICATE,
                "the ARN of a certificate in us-east-1, the one region CloudFront reads",
            ),
            alarm_email=read.matching("alarm_email", _EMAIL, "one e-mail address"),
            budget_usd=read.whole("budget_usd", 1, 1_000_000, cls.budget_usd),
            log_retention_days=int(
                read.one_of("log_retention_days", tuple(map(str, RETENTION_DAYS)), str(cls.log_retention_days))
            ),
            model_bucket=read.matching("model_bucket", _BUCKET, "the name of a bucket, without s3://"),
            api_rate=read.whole("api_rate", 1, 10_000, cls.api_rate),
            api_burst=read.whole("api_burst", 1, 5_000, cls.api_burst),
            waf=read.flag("waf"),
            web_acl_arn=read.matching("web_acl_arn", _WEB_ACL, "the ARN of a global (CloudFront) web ACL in us-east-1"),
            polly=read.flag("polly"),
            bedrock_model_id=read.text("bedrock_model_id"),
            billing_url=read.matching("billing_url", re.compile(r"https://\S+"), "an https URL"),
            # The command line names the region it will deploy to.
            region=read.text("region") or source.get("CDK_DEFAULT_REGION") or source.get("AWS_REGION") or None,
            packages=ROOT / (read.text("packages") or "build/lambda"),
        )
        settings._check_together()
        return settings

    def _check_together(self) -> None:
        if self.domain and not self.certificate_arn:
            raise BadSetting(
                f"certificate_arn is missing for domain {self.domain}: "
                "request one in ACM in us-east-1 and add -c certificate_arn=<its ARN>."
            )
        if self.certificate_arn and not self.domain:
            raise BadSetting("domain is missing beside certificate_arn: add -c domain=<the name it was issued for>.")
        if self.capacity == "gpu" and self.region and self.region not in GPU_REGIONS:
            raise BadSetting(
                f"capacity gpu is not offered in {self.region}: deploy with -c capacity=cpu, or to one of "
                f"{', '.join(sorted(GPU_REGIONS))} (list of {SEEN_ON})."
            )
        if self.waf and self.web_acl_arn:
            raise BadSetting("waf and web_acl_arn exclude each other: leave waf out to use your own web ACL.")
        if self.waf and self.region != "us-east-1":
            raise BadSetting(
                f"waf makes a web ACL for CloudFront, which only us-east-1 can, and the region is {self.region}: "
                "deploy there, or make the ACL there and name it with -c web_acl_arn=<its ARN>."
            )
        if not (self.packages / "layer").is_dir():
            raise BadSetting(f"{self.packages} holds no Lambda packages: run `make package` first.")

    @property
    def cluster_name(self) -> str:
        """Fixed, as the service's: what wakes the workers is made before them, and must know their name."""
        return "parley"

    @property
    def service_name(self) -> str:
        """Another one per capacity: CloudFormation makes the new service before it drops the old one."""
        return f"renderer-{self.capacity}"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Context values by name: text on the command line; in cdk.json they may be numbers and booleans."""

    context: Callable[[str], Any]

    def text(self, name: str) -> str | None:
        value = self.context(name)
        if isinstance(value, (dict, list)):
            raise BadSetting(f"{name} must be a single value, not a list or an object.")
        if isinstance(value, bool):
            return str(value).lower()
        return None if value is None else str(value).strip() or None

    def matching(self, name: str, pattern: re.Pattern[str], what: str) -> str | None:
        value = self.text(name)
        if value is not None and not pattern.fullmatch(value):
            raise BadSetting(f"{name} must be {what}, not {value!r}.")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value not in choices:
            raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value

    def whole(self, name: str, least: int, most: int, default: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise BadSetting(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
        return int(value)

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("true", "false"), "false") == "true"
