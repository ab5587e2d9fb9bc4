"""健康: whether the platform is well, for probes, for monitoring and for `yingshang doctor`. See README.md."""
