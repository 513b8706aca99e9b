"""The IB host and the stand-in of the IB gateway behind it."""
