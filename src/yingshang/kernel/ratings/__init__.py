"""How people were served 好差评: levels, what a bad rating opens, and appeals against one."""
