"""What a student's finder functions are made to do."""
