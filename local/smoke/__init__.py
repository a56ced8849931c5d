"""The acceptance run: twenty named checks against any deployment, local or in AWS, through its public API alone."""
