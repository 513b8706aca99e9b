"""The second blind set: twenty that a developer of a distributed backend would plausibly make."""
