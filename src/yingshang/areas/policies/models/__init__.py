"""Tables of the area, by what they are about."""

from .library import ItemVersion, PolicyDocument, PolicyItem

__all__ = ["ItemVersion", "PolicyDocument", "PolicyItem"]
