"""How the book is made: sources, execution, freeze, press (site, PDF, notebooks). See README.md here."""
