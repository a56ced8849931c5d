"""Where `capacity gpu` works: regions with ECS Managed Instances and with G instances, which have an NVIDIA GPU."""

# Not confirmed by AWS: the commercial regions for which AWS announced Managed Instances in autumn 2025 and that are
# known to have g4dn, g5 or g6. A region that is missing here may work by now: add it and deploy.
SEEN_ON = "2026-11-21"
GPU_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
