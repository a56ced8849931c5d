"""Where `capacity gpu` works: regions with ECS Managed Instances and with G instances, which have an NVIDIA GPU."""

# Managed Instances: AWS announced six regions on 2025-09-30 and all commercial ones in October 2025 (AWS What's New,
# under the product's name). G instances: the regions in which EC2's list of instance types by region shows g4dn, g5 or
# g6. Written down from those lists, not asked of AWS: a region that is missing here may work by now.
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
