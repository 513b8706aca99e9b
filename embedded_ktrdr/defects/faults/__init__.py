"""Defects that mishandle a fault: a service that dies, hangs or talks nonsense, a cut, a full disk."""
