"""A KTRDR small enough to ship: the services of generation S over real HTTP.

`DEVIATIONS.md` names every behaviour in which it differs from the real one.
"""
