"""What a scenario leaves as proof."""
