"""How an appeal was dealt with, as who said it rates it 好差评. What follows is kernel/ratings."""
