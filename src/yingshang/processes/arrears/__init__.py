"""未收到款: an enterprise says that a unit has not paid it; nobody strikes that off meanwhile. See README.md."""
