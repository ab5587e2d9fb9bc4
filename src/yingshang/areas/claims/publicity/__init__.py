"""Awards before the public 公示: lists everybody may read, objections that stop a single award, and what follows."""
