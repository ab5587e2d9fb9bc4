"""Claims 兑现: from entitled to paid. See README.md."""
