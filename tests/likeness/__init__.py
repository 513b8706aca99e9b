"""The likeness test: recordings of the real KTRDR replayed against another one."""
