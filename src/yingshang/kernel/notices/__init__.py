"""消息: what the platform tells people, and whether it arrived. See README.md."""
