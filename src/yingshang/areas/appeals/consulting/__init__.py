"""Joint consultations 联合会商: agencies, and if wished who said it, speak about one appeal in one thread."""
