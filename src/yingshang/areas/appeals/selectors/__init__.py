"""What is read of appeals: `own` by who said them, `desk` and `notices` by officials, `steps` what they may do now."""
