"""What texts for people must not hold."""

# A Python traceback, or a frame of one.
STACK_TRACE = r'(?s).*(Traceback \(most recent call last\)|File \\?"[^"]+\\?", line \d+)'
