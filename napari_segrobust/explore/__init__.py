"""The live loop, without Qt: evented state, pure requests, one compute thread, results that carry their request."""
