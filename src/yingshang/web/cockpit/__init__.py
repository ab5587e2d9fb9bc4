"""The face of leaders and supervisors, at `/cockpit`: one screen. See README.md."""
