"""表单. See README.md."""
