"""Defects that mishandle a fault from outside: a service that dies, hangs or talks nonsense, a cut, a full disk."""
