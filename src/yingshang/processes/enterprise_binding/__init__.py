"""企业绑定: how an account comes to act for an enterprise. See README.md."""
