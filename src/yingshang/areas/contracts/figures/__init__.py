"""What contracts come to: sums kept while obligations change, and what is read of them by region, unit and age."""
