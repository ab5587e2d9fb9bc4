"""Calendars of working days, and due dates that can say how they were reached."""
