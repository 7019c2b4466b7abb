"""What a student's loop functions are made to do."""
