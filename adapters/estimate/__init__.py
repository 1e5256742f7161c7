"""An estimate where no tokenizer is at hand."""
