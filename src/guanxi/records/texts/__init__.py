"""Finding words inside long texts: notes, mails, descriptions, and documents whose text a process apart takes out."""
