"""主体库: enterprises, persons and agencies, and the facts known about them. See README.md."""
