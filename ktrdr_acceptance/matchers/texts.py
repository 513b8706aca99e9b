"""What texts for people must not hold."""

# A Python traceback, a frame of one, an exception or an object as Python prints it.
STACK_TRACE = (
    r"(?s).*(Traceback \(most recent call last\)"
    r'|File \\?"[^"]+\\?", line \d+'
    r"|\w(Error|Exception)\(| at 0x[0-9a-f])"
)

# Of any reason: whoever reads it must know where to make room.
DISK_IS_FULL = r"(?i).*(no space left|\bdisk\b.*\bfull\b|\bfull\b.*\bdisk\b)"
