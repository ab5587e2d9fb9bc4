"""The sandbox 沙盘推演: what an item would cost and whom it would reach, before it is issued."""
