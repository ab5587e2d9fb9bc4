"""Windows, appointments, and the visit that is the only one."""
