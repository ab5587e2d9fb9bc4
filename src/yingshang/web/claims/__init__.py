"""The pages of `areas/claims`: applying and following in the portal, the rest on the desk."""
