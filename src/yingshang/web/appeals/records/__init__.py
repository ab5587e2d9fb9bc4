"""The performance record of agencies: months, figures, their appeals, objections and corrections."""
