"""The pages of `areas/policies`: library and matches in the portal, the rest on the desk."""
